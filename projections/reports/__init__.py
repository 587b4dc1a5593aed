"""What people ask: status, overview, explanations, what holds anything back."""
