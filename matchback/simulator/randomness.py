"""Random numbers that a seed decides; each purpose has its own."""

import zlib

import numpy as np


def random_stream(seed: int, purpose: str) -> np.random.Generator:
    """Return the random numbers of one purpose, independent of all others."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def hex_ids(random: np.random.Generator, count: int, byte_count: int) -> list[str]:
    """Return random hexadecimal identifiers."""
    digits = random.bytes(count * byte_count).hex()
    width = byte_count * 2
    return [digits[start : start + width] for start in range(0, count * width, width)]
