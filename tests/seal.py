"""seal.py - the seal once more, slow and plain, from src/ARCHITECTURE.md and RFC 8032 alone

For tests that need sealed messages and key files of their own. Nothing here is fit for secrets: not in constant time.
"""

import base64
import hashlib
import re
import time

P = 2 ** 255 - 19
ORDER = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


# RFC 8032, sections 5.1.3 to 5.1.6. Points are (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z.

def _add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _multiply(scalar, point):
    product = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            product = _add(product, point)
        point = _add(point, point)
        scalar >>= 1
    return product


def _base_point():
    y = 4 * pow(5, P - 2, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    x = P - x if x & 1 else x
    return x, y, 1, x * y % P


BASE = _base_point()


def _encode(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _expand(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    return scalar, digest[32:]


def _number(*octets):
    return int.from_bytes(hashlib.sha512(b"".join(octets)).digest(), "little") % ORDER


class Key:
    """A pair of keys, of a seed of 32 octets."""

    def __init__(self, seed):
        self.seed = seed
        self._scalar, self._prefix = _expand(seed)
        self.public = _encode(_multiply(self._scalar, BASE))
        self.id = hashlib.sha256(self.public).hexdigest()[:16]

    def sign(self, text):
        r = _number(self._prefix, text)
        point = _encode(_multiply(r, BASE))
        k = _number(point, self.public, text)
        return point + ((r + k * self._scalar) % ORDER).to_bytes(32, "little")

    def private_line(self):
        return "mugai-seal-private-1 " + base64.b64encode(self.seed).decode() + "\n"

    def public_line(self):
        return "mugai-seal-public-1 " + base64.b64encode(self.public).decode() + "\n"

    @classmethod
    def from_private_line(cls, line):
        mark, octets = line.split()
        assert mark == "mugai-seal-private-1", mark
        return cls(base64.b64decode(octets))


def sealed_octets(message):
    """What the signature covers: from Date to the end, without the seal."""
    header, end, body = message.partition(b"\r\n\r\n")
    header = re.sub(rb"\r\nMugai-Seal:[^\r\n]*", b"", header)
    return header[(b"\r\n" + header).index(b"\r\nDate:"):] + end + body


def text_of_signature(identifier, moment, octets):
    return f"mugai-seal-1\n{identifier}\n{moment}\n{hashlib.sha256(octets).hexdigest()}\n".encode()


def identifier(message):
    return re.search(rb"\r\nMugai-Id: ([^\r\n]*)\r\n", message)[1].decode()


def seal(message, key, moment=None):
    """The message with the seal as its last field; moment: seconds since 1970, now if None."""
    moment = int(time.time() if moment is None else moment)
    signature = key.sign(text_of_signature(identifier(message), moment, sealed_octets(message)))
    field = f"Mugai-Seal: version=1; key={key.id}; time={moment}; signature={base64.b64encode(signature).decode()}"
    header, end, body = message.partition(b"\r\n\r\n")
    return header + b"\r\n" + field.encode() + end + body
