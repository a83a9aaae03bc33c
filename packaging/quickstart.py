"""quickstart.py - builds mugai, sends three mails through it, shows what arrives; called by packaging/quickstart

The hosts and the mails are those of the end-to-end tests, with the loopback interface for a network.
"""

import email
import email.policy
import os
import pathlib
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SOURCE / "tests/e2e"))
import harness  # noqa: E402
import messages  # noqa: E402

MAILS = (
    ("a Japanese HTML mail from Outlook with a Word document", messages.outlook_html_letter_with_docx),
    ("a plain mail in ISO-2022-JP with characters that only NEC and IBM knew",
     messages.iso_2022_jp_nec_and_ibm_characters),
    ("a mail from a webmail with a zip file whose name is Japanese", messages.webmail_zip_japanese_name),
)
PLACES = {"mugaid": "src/milter/mugaid", "mugai": "src/cli/mugai", "mugai-worker": "src/worker/mugai-worker"}
SHOWN_FIELDS = ("From", "To", "Subject", "Mugai-Id", "Mugai-Result")


def say(text=""):
    print(f"==> {text}" if text else "", flush=True)


def show(lines):
    for line in lines:
        print(f"    | {line}", flush=True)


def build(directory):
    """Builds the three programs; their paths."""
    say("Building mugai (the compiler's output is shown only if it fails)")
    harness.run(["meson", "setup", str(directory), str(SOURCE), "-Dtests=disabled"])
    harness.run(["ninja", "-C", str(directory)])
    return {name: directory / place for name, place in PLACES.items()}


def outline(octets):
    """What a mail is made of, a line a part."""
    message = email.message_from_bytes(octets, policy=email.policy.compat32)
    for part in message.walk():
        if not part.is_multipart():
            name = part.get_filename()
            name = str(email.header.make_header(email.header.decode_header(name))) if name else ""
            yield f"{part.get_content_type():72.72} {name}".rstrip()


def send(lab, what, case):
    """Sends one mail and shows what became of it; the id that its notice names."""
    say()
    say(f"Internet side: {what} ({len(case.octets)} octets)")
    show(outline(case.octets))
    code, text = lab.deliver(case.octets)
    if code != 250:
        raise harness.HarnessError(f"Postfix said {code} {text}\n{lab.mugaid.read_log()}")
    say(f"Postfix on the boundary, after mugaid had answered: {code} {text}")
    (path,) = lab.arrived()
    octets = harness.arrived_octets(path)
    message = email.message_from_bytes(octets, policy=email.policy.default)
    say("LGWAN side: what arrived, decoded")
    show(f"{name}: {message[name]}" for name in SHOWN_FIELDS)
    show(["", *message.get_content().splitlines()])
    verify(lab, octets)
    return str(message["Mugai-Id"]), message.get_content()


def verify(lab, octets):
    status, said, complaint = lab.mugaid.cli("verify", "--inert-links", stdin=octets)
    if status != 0:
        raise harness.HarnessError((said + complaint).decode(errors="replace"))
    say("mugai verify --inert-links: it is in the output profile, every octet of it")


def list_originals(lab):
    say()
    say("The administrator asks what is in quarantine: mugai list")
    status, said, complaint = lab.mugaid.cli("list")
    if status != 0:
        raise harness.HarnessError(complaint.decode(errors="replace"))
    show(said.decode().splitlines())


def fetch(lab, identity, text, case):
    """Gets one original back by the id in its notice, and compares."""
    say()
    (line,) = [line for line in text.splitlines() if identity in line]
    say(f"Somebody needs an original and tells the number in the notice: {line}")
    status, octets, complaint = lab.mugaid.cli("get", identity)
    if status != 0:
        raise harness.HarnessError(complaint.decode(errors="replace"))
    if octets != case.octets:
        raise harness.HarnessError("the original is not what was sent")
    say(f"mugai get {identity}: {len(octets)} octets, the same as were sent, octet for octet")


def demonstrate(lab):
    say(f"Internet -> Postfix on port {lab.boundary.port} + mugaid -> Postfix on port {lab.lgwan.port} -> Maildir,"
        f" all under {lab.directory}")
    sent = []
    for what, function in MAILS:
        case = messages.make(function)
        sent.append((*send(lab, what, case), case))
    list_originals(lab)
    fetch(lab, *sent[0])


def farewell():
    say()
    say("Done. Both Postfixes and mugaid are ended, and their directory is removed. What to do next:")
    show(["README.md                 how to install mugai beside a Postfix of your own",
          "packaging/mugai.conf      every setting, with its default and a sentence",
          "sudo packaging/check      all tests, about twenty minutes"])


def main():
    harness.end_on_signals()
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="mugai-build-") as directory:
        os.chmod(directory, 0o755)
        programs = build(pathlib.Path(directory) / "build")
        say("Starting two private Postfixes and mugaid on loopback ports that nobody uses")
        with harness.Lab(programs, loopback=True) as lab:
            demonstrate(lab)
    farewell()


if __name__ == "__main__":
    try:
        main()
    except harness.HarnessError as error:
        sys.exit(f"quickstart: {error}")
    except KeyboardInterrupt:
        sys.exit("quickstart: interrupted; everything is tidied up")
