"""The web platform: server-rendered pages for everybody who takes part, Chinese first."""
