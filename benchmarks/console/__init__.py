"""How fast the console answers a large school's staff: see ``__main__``."""
