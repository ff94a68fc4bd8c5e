"""What a bank runs against a platform before it goes live: its own doors, called over HTTP, each answer judged.

bank      two people of one bank, and what they may say to the platform
products, files, market, life, hooks   the checks, by what they are about
command   `rongqiao conformance lending`: all of them in order, told and counted
"""
