"""What may be taken from people: admitted, held, decided about, reserved."""
