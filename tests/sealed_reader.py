#!/usr/bin/python3
"""sealed_reader.py - opens a sealed original, from the words of include/mugai/vault.h alone

    sealed_reader.py PRIVATE_KEY PASSPHRASE_FILE SEALED >OBJECT.eml.gz
"""

import base64
import ctypes
import hashlib
import pathlib
import sys

SODIUM = ctypes.CDLL("libsodium.so.23")
SIZE = ctypes.c_ulonglong


def must(done, what):
    if not done:
        raise ValueError(what)


def private_key(line, passphrase):
    head, _, box = line.strip().rpartition(b" ")
    mark, passes, kib, salt, public, nonce = head.split(b" ")
    salt, public, nonce, box = (base64.b64decode(field, validate=True) for field in (salt, public, nonce, box))
    opener, private = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
    must(mark == b"mugai-vault-private-1", "no private key")
    must(SODIUM.crypto_pwhash(opener, SIZE(32), passphrase, SIZE(len(passphrase)), salt, SIZE(int(passes)),
                              ctypes.c_size_t(int(kib) * 1024), 2) == 0, "not enough memory")
    must(SODIUM.crypto_aead_xchacha20poly1305_ietf_decrypt(
        private, None, None, box, SIZE(len(box)), head + b" ", SIZE(len(head) + 1), nonce, opener) == 0, "passphrase")
    return public, private


def unseal(octets, public, private):
    """(id, envelope, content, octets of the original)"""
    must(octets[:16] == b"mugai-sealed-1\r\n", "not sealed")
    must(hashlib.sha256(octets[:-64]).hexdigest().encode() == octets[-64:], "damaged")
    n, e = int.from_bytes(octets[36:40], "big"), int.from_bytes(octets[40:44], "big")
    header, boxes = octets[:44 + 88 * n + e], octets[44:44 + 88 * n]
    boxes = {boxes[i:i + 8]: boxes[i + 8:i + 88] for i in range(0, 88 * n, 88)}
    data_key, state, tag = (ctypes.create_string_buffer(size) for size in (32, 52, 1))
    must(SODIUM.crypto_box_seal_open(data_key, boxes[hashlib.sha256(public).digest()[:8]], SIZE(80), public, private) == 0,
         "data key")
    stream, chunks, content = octets[len(header):len(header) + 24], octets[len(header) + 24:-72], b""
    SODIUM.crypto_secretstream_xchacha20poly1305_init_pull(state, stream, data_key)
    for at in range(0, len(chunks), 65553):
        chunk, extra = chunks[at:at + 65553], b"" if at else header
        plain, last = ctypes.create_string_buffer(65536), at + 65553 >= len(chunks)
        must(SODIUM.crypto_secretstream_xchacha20poly1305_pull(
            state, plain, None, tag, chunk, SIZE(len(chunk)), extra, SIZE(len(extra))) == 0, "chunk")
        must(tag.raw[0] == (3 if last else 0), "tag")
        content += plain.raw[:len(chunk) - 17]
    return header[16:36].decode(), header[44 + 88 * n:].decode(), content, int.from_bytes(octets[-72:-64], "big")


if __name__ == "__main__":
    key, words, file = (pathlib.Path(path).read_bytes() for path in sys.argv[1:4])
    sys.stdout.buffer.write(unseal(file, *private_key(key, words.splitlines()[0]))[2])
