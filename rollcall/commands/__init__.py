"""What each command does, once its words are parsed: set up, run, print, exit code."""
