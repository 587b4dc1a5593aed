"""What benchmarks take on the command line beside text: a size of nought would measure nothing."""

import argparse


def positive(text: str) -> int:
    """A whole number from one on."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number
