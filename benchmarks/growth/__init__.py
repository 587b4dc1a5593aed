"""How what the product costs grows with the region."""
