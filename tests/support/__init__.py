"""What many tests share: the real engines, fresh databases, and how hypothesis searches."""
