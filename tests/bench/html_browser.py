#!/usr/bin/python3
"""html_browser.py - how much of what a browser shows is in mugai's text, and how much of the text a browser shows

Renders HTML mail bodies in headless Chromium, takes document.body.innerText of each, and compares character bigrams
(white space and invisible characters removed) with the text of tests/html_text. Left out on mugai's side: link targets,
image and field lines, list marks and quote marks, which a browser draws but does not call text. w3m and lynx are
measured on the same documents.

    html_browser.py --html-text BUILD/tests/html_text [--corpus DIR] [--list] [--diff NAME] [--no-packages]
                    [--raw]

The documents: tests/bench/html_documents.txt, mail templates of npm packages (fetched by npm into a temporary directory,
versions below), and with --corpus all *.html below DIR (for development). Scripts do not run and nothing is loaded, as
in a mail program. Text that Chromium lays out but nobody can see (opacity, font size, off-screen, clipped, in the
colour of its background) is taken out of the reference first: innerText alone does not know about it.

Needs chromium, npm, w3m, lynx. Exit 1 when below the thresholds or when w3m or lynx are not behind.
"""

import argparse
import collections
import concurrent.futures
import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

RECALL_MEAN = 0.99
PRECISION_MEAN = 0.98
WORST = 0.93
DOCUMENTS_MIN = 150
# Documents with less text say nothing about a mean.
CHARACTERS_MIN = 20
# And larger ones are test data of a package, no mail.
OCTETS_MAX = 500000
BATCH = 25

PACKAGES = [
    "foundation-emails@2.5.1",
    "@ecomplus/transactional-mails@2.2.2",
    "mailgen@2.0.36",
    "responsive-html-email-template@1.0.0",
    "email-builder-core@2.1.2",
    "juice@3.0.1",
    "html-to-text@3.3.0",
]

CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-extensions", "--mute-audio", "--window-size=1100,900", "--timeout=60000",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--allow-file-access-from-files"]

# The documents inherit the page's policy: nothing is loaded.
PAGE = """<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy"
content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"><body><script type="application/json" id="documents">%s</script><script>
function sameColor(a, b) {
  return a.every((v, i) => Math.abs(v - b[i]) <= 6);
}
function rgb(text) {
  const n = text.match(/[\\d.]+/g).map(Number);
  return {color: n.slice(0, 3), alpha: n.length > 3 ? n[3] : 1};
}
function background(win, element) {
  for (; element; element = element.parentElement) {
    const style = win.getComputedStyle(element);
    if (style.backgroundImage !== "none" || element.getAttribute("background")) return null;
    const {color, alpha} = rgb(style.backgroundColor);
    if (alpha > 0.99) return color;
    if (alpha > 0) return null;
  }
  return [255, 255, 255];
}
function unseen(win, element) {
  const own = win.getComputedStyle(element);
  if (parseFloat(own.fontSize) < 0.5) return true;
  const ink = rgb(own.webkitTextFillColor || own.color);
  if (ink.alpha < 0.04) return true;
  const paper = background(win, element);
  if (paper && sameColor(ink.color, paper)) return true;
  for (; element; element = element.parentElement) {
    const style = win.getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (Number(style.opacity) < 0.04) return true;
    if (style.overflow === "hidden" && style.display !== "inline" && style.display !== "ruby" && (element.clientWidth <= 1 || element.clientHeight <= 1)) return true;
    if (style.position !== "static" && (box.right < -500 || box.bottom < -500)) return true;
  }
  return false;
}
function clean(doc) {
  const win = doc.defaultView, nodes = [], gone = [];
  const walker = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) nodes.push(walker.currentNode);
  for (const node of nodes)
    if (node.data.trim() && node.parentElement && !node.parentElement.closest("select,option,script,style") &&
        unseen(win, node.parentElement)) gone.push(node);
  for (const node of gone) node.data = "";
}
async function show(source) {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-same-origin";
  frame.style = "width:1024px;height:768px;border:0";
  const loaded = new Promise(resolve => { frame.onload = resolve; setTimeout(resolve, 5000); });
  frame.srcdoc = source;
  document.body.appendChild(frame);
  await loaded;
  const doc = frame.contentDocument;
  let text = "";
  if (doc && doc.body) { if (!%s) clean(doc); text = doc.body.innerText; }
  frame.remove();
  return text;
}
(async () => {
  const texts = [];
  for (const source of JSON.parse(document.getElementById("documents").textContent)) texts.push(await show(source));
  const out = document.createElement("textarea");
  out.id = "result";
  out.textContent = "RESULT" + encodeURIComponent(JSON.stringify(texts)) + "TLUSER";
  document.body.replaceChildren(out);
})();
</script></body>"""


def read_html(path):
    raw = path.read_bytes()
    if b"\0" in raw[:64]:
        return raw.decode("utf-32" if b"\0\0" in raw[:8] else "utf-16" if raw[:1] in (b"\xff", b"\xfe")
                          else "utf-16-be" if raw[0] == 0 else "utf-16-le", "replace")
    for charset in ("utf-8", "cp932", "latin-1"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def package_documents(work):
    """The templates of all packages; of equal ones the first."""
    seen = set()
    for package in PACKAGES:
        done = subprocess.run(["npm", "pack", package, "--silent", "--pack-destination", str(work)],
                              capture_output=True, text=True, check=True, cwd=work)
        name = re.sub(r"\W+", "-", package)
        folder = work / name
        folder.mkdir()
        subprocess.run(["tar", "xzf", str(work / done.stdout.strip().splitlines()[-1]), "-C", str(folder)], check=True)
        for path in sorted(folder.rglob("*")):
            if path.suffix not in (".html", ".htm", ".ejs") or not path.is_file():
                continue
            text = read_html(path)
            # A template's own commands are no text of a mail.
            text = re.sub(r"<%(?![=-]).*?%>", "", text, flags=re.S)
            text = re.sub(r"<%[=-]\s*(.*?)\s*%>", lambda m: re.sub(r"\W+", " ", m.group(1)), text, flags=re.S)
            if text not in seen and len(text) <= OCTETS_MAX:
                seen.add(text)
                yield f"{name}/{path.relative_to(folder)}", text


def own_documents():
    parts = re.split(r"^=== (.+)\n", (HERE / "html_documents.txt").read_text(encoding="utf-8"), flags=re.M)
    yield from zip(parts[1::2], parts[2::2])


def folder_documents(folder):
    for path in sorted(folder.rglob("*.html")):
        yield str(path.relative_to(folder)), read_html(path)


def browser_texts(documents, work, number, raw):
    page = work / f"page{number}.html"
    profile = work / f"profile{number}"
    encoded = json.dumps(documents).replace("<", "\\u003c")
    page.write_text(PAGE % (encoded, "true" if raw else "false"), encoding="utf-8")
    done = subprocess.run(CHROMIUM + [f"--user-data-dir={profile}", "--virtual-time-budget=200000", "--dump-dom",
                                      page.as_uri()], capture_output=True, timeout=300, check=False)
    found = re.search(rb"RESULT(.*?)TLUSER", done.stdout.split(b"<textarea", 1)[-1], re.S)
    shutil.rmtree(profile, ignore_errors=True)
    if found is None:
        raise SystemExit("chromium gave no result: " + done.stderr.decode(errors="replace")[-2000:])
    from urllib.parse import unquote
    return json.loads(unquote(html.unescape(found.group(1).decode())))


def all_browser_texts(documents, work, raw):
    batches = [documents[i:i + BATCH] for i in range(0, len(documents), BATCH)]
    texts = []
    for number, batch in enumerate(batches):
        texts += browser_texts(batch, work, number, raw)
    return texts


def run(command, text):
    done = subprocess.run(command, input=text.encode("utf-8", "replace"), capture_output=True, timeout=60, check=False)
    return done.stdout.decode("utf-8", "replace")


def mugai_text(program, text):
    text = run([program, "ja", "remove"], text)
    text = text.replace("※表示と異なるリンク先", "")
    text = re.sub(r"\[(?:画像|入力欄|パスワード欄|ファイル選択)(?:: [^\]\n]*)?\]", "", text)
    text = re.sub(r"\[(?:x| )\]|\((?:x| )\)", "", text)
    text = re.sub(r"\[ボタン(?:: ([^\n]*?))?\]", lambda m: m.group(1) or "", text)
    text = re.sub(r"\[選択(?:: ([^\n]*?))?\]", lambda m: (m.group(1) or "").replace(" / ", ""), text)
    return text


def w3m_text(text):
    return run(["w3m", "-dump", "-T", "text/html", "-cols", "1000", "-I", "UTF-8", "-O", "UTF-8"], text)


def lynx_text(text):
    return run(["lynx", "-dump", "-stdin", "-force_html", "-nolist", "-width=1000", "-assume_charset=utf-8",
                "-display_charset=utf-8"], text)


INVISIBLE = re.compile("[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
                       "\u2060-\u206f\u3164\ufeff\uffa0\ufe0f]+")
# Marks of lists and quotes, rules: drawn by a browser, so no text of it; taken off everywhere alike.
MARKS = re.compile(r"^(?:[>\s]*)(?:・|(?:[*+o#•-]|\d+\.|[a-zA-Z]\.|[ivxlcIVXLC]+\.)\s+)*", re.M)
RULES = re.compile(r"^\s*[-_━─]{10,}\s*$", re.M)


def bigrams(text):
    text = INVISIBLE.sub("", MARKS.sub("", RULES.sub("", text))).replace("（", "(").replace("）", ")")
    return collections.Counter(text[i:i + 2] for i in range(len(text) - 1))


def compare(reference, text):
    wanted, given = bigrams(reference), bigrams(text)
    common = sum((wanted & given).values())
    return common / max(1, sum(wanted.values())), common / max(1, sum(given.values()))


def show_difference(name, reference, text):
    wanted, given = bigrams(reference), bigrams(text)
    print(f"== {name}\n-- missing: {list((wanted - given).items())[:60]}\n-- more: {list((given - wanted).items())[:60]}")
    print("-- browser:\n" + reference + "\n-- mugai:\n" + text)


def measure(names, references, texts_of, title):
    rows = [(name, *compare(reference, text)) for name, reference, text in zip(names, references, texts_of)]
    recall = sum(row[1] for row in rows) / len(rows)
    precision = sum(row[2] for row in rows) / len(rows)
    worst = min(min(row[1:]) for row in rows)
    print(f"{title:6} recall {recall:.4f}  precision {precision:.4f}  worst {worst:.4f}  documents {len(rows)}")
    return rows, recall, precision, worst


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--html-text", required=True)
    parser.add_argument("--corpus", type=pathlib.Path)
    parser.add_argument("--no-packages", action="store_true")
    parser.add_argument("--raw", action="store_true", help="innerText with what nobody can see")
    parser.add_argument("--list", action="store_true", help="every document below 0.99")
    parser.add_argument("--diff", help="show both texts of the documents whose name contains this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mugai-html-") as folder:
        work = pathlib.Path(folder)
        documents = list(own_documents())
        if not options.no_packages:
            documents += package_documents(work)
        if options.corpus:
            documents += folder_documents(options.corpus)
        sources = [source for _, source in documents]
        references = all_browser_texts(sources, work, options.raw)
    keep = [i for i, text in enumerate(references) if len(INVISIBLE.sub("", text)) >= CHARACTERS_MIN]
    names = [documents[i][0] for i in keep]
    sources = [sources[i] for i in keep]
    references = [references[i] for i in keep]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        ours = list(pool.map(lambda source: mugai_text(options.html_text, source), sources))
        w3m = list(pool.map(w3m_text, sources))
        lynx = list(pool.map(lynx_text, sources))
    rows, recall, precision, worst = measure(names, references, ours, "mugai")
    others = [measure(names, references, w3m, "w3m"), measure(names, references, lynx, "lynx")]
    for i, (name, own_recall, own_precision) in enumerate(rows):
        if options.list and min(own_recall, own_precision) < 0.99:
            print(f"  {own_recall:.3f} {own_precision:.3f} {name}")
        if options.diff and options.diff in name:
            show_difference(name, references[i], ours[i])
    ahead = all(recall + precision > other[1] + other[2] for other in others)
    enough = len(names) >= DOCUMENTS_MIN
    good = recall >= RECALL_MEAN and precision >= PRECISION_MEAN and worst >= WORST and ahead
    print("enough documents" if enough else f"only {len(names)} documents", "- good" if good else "- below the thresholds")
    return 0 if good and enough else 1


if __name__ == "__main__":
    sys.exit(main())
