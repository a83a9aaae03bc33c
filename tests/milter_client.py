"""milter_client.py - the MTA's side of the milter protocol, version 6, as far as tests need it

Speaks to a milter over a unix socket in Postfix' place: negotiates, sends the events of one or more messages, reads
what the milter asks for, and applies that the way Postfix does. Nothing here knows mugai.
"""

import dataclasses
import socket
import struct

ADDHDRS, CHGBODY, CHGHDRS, SETSYMLIST = 0x01, 0x02, 0x10, 0x100
ALL_ACTIONS = 0x1FF
HDR_LEADSPC = 0x100000
ALL_STEPS = 0x1FFFFF
# No reply to these events, if the milter has asked for that: C, H, M, R, T, L, N, B.
NO_REPLY = {b"C": 0x1000, b"H": 0x2000, b"M": 0x4000, b"R": 0x8000, b"T": 0x10000, b"L": 0x80, b"N": 0x40000,
            b"B": 0x80000}
CHUNK = 65535
TIMEOUT_SECONDS = 60


class Closed(Exception):
    """The milter has closed the connection."""


@dataclasses.dataclass
class Answer:
    """What the milter said at the end of a message."""
    verdict: str  # "continue", "accept", "tempfail", "reply", ...
    reply: str = ""  # of "reply": "451 4.3.0 text"
    deleted: list = dataclasses.field(default_factory=list)  # (name, number)
    changed: list = dataclasses.field(default_factory=list)  # (name, number, value)
    added: list = dataclasses.field(default_factory=list)  # (name, value)
    body: bytes | None = None
    held: str = ""  # why it goes into the hold queue

    @property
    def accepted(self):
        return self.verdict in ("continue", "accept")

    @property
    def temporary(self):
        return self.verdict == "tempfail" or self.verdict == "reply" and self.reply.startswith("4")


def split_message(octets):
    """Fields as (name, value) with the value as it stands after the colon, and the body: all as octets."""
    header, _, body = octets.partition(b"\r\n\r\n")
    fields = []
    for line in header.split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] = (fields[-1][0], fields[-1][1] + b"\n" + line)
        elif line:
            name, _, value = line.partition(b":")
            fields.append((name, value))
    return fields, body


def apply_answer(fields, body, answer):
    """The message that Postfix would hand on, octets; None if it would not."""
    if not answer.accepted:
        return None
    left = list(fields)
    same = {}  # places of the fields of a name
    for place, (name, _) in enumerate(fields):
        same.setdefault(name.lower(), []).append(place)
    for name, number, value in [(*deleted, None) for deleted in answer.deleted] + answer.changed:
        places = same.get(name.lower(), [])
        if number <= len(places) and value is None:
            left[places.pop(number - 1)] = None
        elif number <= len(places):
            left[places[number - 1]] = (name, value)
    left = [field for field in left if field is not None] + answer.added
    header = b"".join(name + b":" + value.replace(b"\n", b"\r\n") + b"\r\n" for name, value in left)
    return header + b"\r\n" + (body if answer.body is None else answer.body)


def connect(path):
    """@path: of a unix socket, or (address, port)."""
    connected = socket.socket(socket.AF_INET if isinstance(path, tuple) else socket.AF_UNIX, socket.SOCK_STREAM)
    connected.settimeout(TIMEOUT_SECONDS)
    try:
        connected.connect(path)
    except BaseException:
        connected.close()
        raise
    return connected


class Connection:
    """One SMTP client's connection, as the milter sees it."""

    def __init__(self, path, actions=ALL_ACTIONS, steps=ALL_STEPS, client=("client.example", "192.0.2.1"),
                 helo="helo.example"):
        """@path: of a unix socket, or (address, port) of an internet one, or a socket that is connected."""
        self.socket = path if isinstance(path, socket.socket) else connect(path)
        self.socket.settimeout(TIMEOUT_SECONDS)
        try:
            self.negotiate(actions, steps)
            self.event(b"C", client[0].encode() + b"\0" + b"4" + struct.pack("!H", 25) + client[1].encode() + b"\0")
            self.event(b"H", helo.encode() + b"\0")
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.send(b"Q")
        except OSError:
            pass
        self.socket.close()

    def send(self, command, data=b""):
        self.socket.sendall(struct.pack("!I", len(data) + 1) + command + data)

    def receive_exactly(self, length):
        octets = bytearray()
        while len(octets) < length:
            more = self.socket.recv(length - len(octets))
            if not more:
                raise Closed
            octets += more
        return bytes(octets)

    def receive(self):
        try:
            length, = struct.unpack("!I", self.receive_exactly(4))
            packet = self.receive_exactly(length)
        except ConnectionResetError as error:
            raise Closed from error
        return packet[:1], packet[1:]

    def negotiate(self, actions, steps):
        self.send(b"O", struct.pack("!III", 6, actions, steps))
        command, data = self.receive()
        assert command == b"O", command
        _, self.actions, self.steps = struct.unpack("!III", data[:12])
        assert self.actions & ~actions == 0 and self.steps & ~steps == 0

    def event(self, command, data=b""):
        """Sends an event and reads the reply, if one is due; it must be "continue"."""
        self.send(command, data)
        if self.steps & NO_REPLY[command]:
            return
        reply, _ = self.receive()
        assert reply == b"c", reply

    def envelope(self, sender, recipients, queue_id):
        self.event(b"M", b"<" + sender.encode() + b">\0SIZE=1\0")
        for recipient in recipients:
            self.event(b"R", b"<" + recipient.encode() + b">\0")
        if queue_id is not None:
            self.send(b"D", b"T" + b"i\0" + queue_id.encode() + b"\0")
        self.event(b"T")

    def content(self, fields, body, end_with_body=True):
        """Header and body; like Postfix, the last chunk goes with the end of the message."""
        for name, value in fields:
            self.event(b"L", name + b"\0" + value + b"\0")
        self.event(b"N")
        while len(body) >= CHUNK or body and not end_with_body:
            self.event(b"B", body[:CHUNK])
            body = body[CHUNK:]
        self.send(b"E", body)

    def answer(self):
        """Reads modifications up to the verdict."""
        answer = Answer(verdict="")
        verdicts = {b"c": "continue", b"a": "accept", b"t": "tempfail", b"r": "reject", b"d": "discard"}
        while not answer.verdict:
            command, data = self.receive()
            if command in verdicts:
                answer.verdict = verdicts[command]
            elif command == b"y":
                answer.verdict, answer.reply = "reply", data.rstrip(b"\0").decode()
            elif command == b"m":
                name, value, _ = data[4:].split(b"\0", 2)
                number, = struct.unpack("!I", data[:4])
                if value:
                    answer.changed.append((name, number, value))
                else:
                    answer.deleted.append((name, number))
            elif command == b"q":
                answer.held = data.rstrip(b"\0").decode()
            elif command == b"h":
                name, value, _ = data.split(b"\0", 2)
                answer.added.append((name, value))
            elif command == b"b":
                answer.body = (answer.body or b"") + data
            else:
                assert command == b"p", command
        return answer

    def abort(self):
        self.send(b"A")

    def message(self, octets, sender="sender@example.org", recipients=("to@example.jp",), queue_id="4QUEUEID",
                end_with_body=True):
        """Sends a whole message; the answer, and what Postfix would hand on (None if refused)."""
        fields, body = split_message(octets)
        self.envelope(sender, recipients, queue_id)
        self.content(fields, body, end_with_body)
        answer = self.answer()
        return answer, apply_answer(fields, body, answer)
