"""Rongqiao put together: the command line, one process for all services, or one process each."""
