"""What is known of the messenger as such: its limit, its health, our account and webhook."""
