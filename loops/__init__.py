"""What every loop of every room needs: waits that a stop ends at once."""
