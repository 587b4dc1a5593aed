"""What others did in the messenger: seen, named, and how it ends."""
