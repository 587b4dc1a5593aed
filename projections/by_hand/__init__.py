"""What people decided about chats, kept and read back."""
