"""What is to be derived and what is to be reconciled: marks and due chats, set and claimed."""
