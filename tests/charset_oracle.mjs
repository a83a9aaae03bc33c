// charset_oracle.mjs - mugai's decoder against Node's TextDecoder, octet for octet
//
//   node charset_oracle.mjs CHARSET_DECODE [MODULE]
//
// Samples of real text in every encoding, whole, cut and damaged, and every pair of octets of the Asian encodings. Node's
// TextDecoder is ICU, which is the Encoding Standard but for the deviations listed below, each with its reason; a
// difference that no deviation explains fails. MODULE, if given, exports a second TextDecoder that passes the web
// platform tests (@exodus/bytes/encoding.js): then all is compared with it too, and only our own extensions may differ.
import {spawnSync} from 'node:child_process';
import process from 'node:process';

const [decoder, module] = process.argv.slice(2);
const Standard = module ? (await import(module)).TextDecoder : null;

// ---- octets from text, by turning Node's own decoders round ------------------------------------------------------

const windows1252High = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function singleTable(label) {
    const table = new Map();
    const decode = new TextDecoder(label);
    for (let octet = 255; octet >= 0; octet--) {
        const c = label === 'windows-1252' && octet >= 0x80 && octet < 0xa0 ? windows1252High[octet - 0x80]
            : decode.decode(Uint8Array.of(octet));
        if (c !== '\ufffd')
            table.set(c, [octet]);
    }
    for (let c = 0; c < 0x80; c++)
        table.set(String.fromCharCode(c), [c]);
    return table;
}

function pairTable(label, leads) {
    const table = singleTable(label);
    const decode = new TextDecoder(label);
    for (const lead of leads)
        for (let trail = 255; trail >= 0x40; trail--) {
            const c = decode.decode(Uint8Array.of(lead, trail));
            if ([...c].length === 1 && c !== '\ufffd' && !table.has(c))
                table.set(c, [lead, trail]);
        }
    return table;
}

const range = (from, to) => Array.from({length: to - from + 1}, (_, i) => from + i);
const tables = {
    'shift_jis': () => pairTable('shift_jis', [...range(0x81, 0x9f), ...range(0xe0, 0xfc)]),
    'euc-jp': () => pairTable('euc-jp', [0x8e, ...range(0xa1, 0xfe)]),
    'gbk': () => pairTable('gbk', range(0x81, 0xfe)),
    'gb18030': () => pairTable('gb18030', range(0x81, 0xfe)),
    'big5': () => pairTable('big5', range(0xa1, 0xf9)),
    'euc-kr': () => pairTable('euc-kr', range(0xa1, 0xfd)),
};
const made = {};

function byTable(label, text) {
    const table = made[label] ??= (tables[label] ?? (() => singleTable(label)))();
    return [...text].flatMap((c) => {
        if (!table.has(c))
            throw new Error(`${label} has no ${c}`);
        return table.get(c);
    });
}

// JIS X 0208 is EUC-JP without the high bits; half-width kana go into their own set.
function iso2022jp(text) {
    const escapes = {ascii: [0x1b, 0x28, 0x42], kana: [0x1b, 0x28, 0x49], kanji: [0x1b, 0x24, 0x42]};
    const out = [];
    let set = 'ascii';
    for (const c of text) {
        const octets = byTable('euc-jp', c);
        const wanted = octets.length === 1 ? 'ascii' : octets[0] === 0x8e ? 'kana' : 'kanji';
        if (wanted !== set)
            out.push(...escapes[wanted]);
        set = wanted;
        out.push(...(set === 'kana' ? octets.slice(1) : octets).map((octet) => octet & 0x7f));
    }
    return set === 'ascii' ? out : [...out, ...escapes.ascii];
}

function encode(label, text) {
    if (label === 'utf-8')
        return [...Buffer.from(text)];
    if (label === 'utf-16le')
        return [...Buffer.from(text, 'utf16le')];
    if (label === 'utf-16be')
        return [...Buffer.from(text, 'utf16le').swap16()];
    return label === 'iso-2022-jp' ? iso2022jp(text) : byTable(label, text);
}

// ---- samples -------------------------------------------------------------------------------------------------------

const japanese = [
    'お世話になっております。総務課の山田です。',
    '第①回 定例会議の資料を送付します。②予算案 ③工事計画',
    '㈱髙島屋　代表取締役　﨑山様　℡ 03-1234-5678 №１２３',
    '10時～12時－会場は別途ご案内∥￠￡￢￥',
    'ｶﾞｲﾄﾞﾗｲﾝ ﾊﾟﾝﾌﾚｯﾄ ｹﾞﾝｺﾞ ｱｲｳｴｵ｡｢｣､･',
    '平成・令和：㍻㍼㍽㍾ ㌔㌢㍍㌘㌧㌃㌶㍑㍗㌍㌦㌣㌫㍊㌻ ㎜㎝㎞㎎㎏㏄㎡',
    '黑 閒 德 瀨 惠 濵 﨑 髙 栁 曻 彅 槢 碕',
    '─│┌┐┘└├┬┤┴┼━┃┏┓┛┗┣┳┫┻╋■□◆◇○◎●△▲▽▼※〒→←↑↓〓',
    'ΑΒΓαβγАБВабв∀∃∠⊥⌒∂∇≡≒≪≫√∽∝∵∫∬\u212b‰♯♭♪†‡¶',
    '表示ソ能十予貼申構暴欺圭噂浬欠ポ―',
    '改行を\r\n含む本文です。\r\n\r\n-- \r\n東京都千代田区1-1-1\r\n',
    'ﾐｯｸｽ表記: ﾃｽﾄ送信(Test Mail) 【重要】〈至急〉《再送》',
    'ヴァイオリン、ゐゑヰヱヵヶゞゝヽヾ々〆〇',
    '纊褜鍈銈蓜俉炻昱棈鋹',
    'Re: Fw: 議事録(案).docx を確認しました',
    'あ',
];
const japaneseLabels = ['shift_jis', 'euc-jp', 'iso-2022-jp', 'utf-8', 'utf-16le', 'utf-16be'];

const western = {
    'windows-1252': ['Grüße aus München – „Straße“ für 5 €', 'Ça va très bien, merci à tous… œuvre ½ ©®™', 'Señor Núñez: ¿Qué? ¡No! ñÑ áéíóú', 'Smørrebrød på Ærø, Åse Øst'],
    'iso-8859-2': ['Zażółć gęślą jaźń', 'Příliš žluťoučký kůň úpěl ďábelské ódy', 'Árvíztűrő tükörfúrógép'],
    'windows-1250': ['Zażółć gęślą jaźń – „cytat”', 'Příliš žluťoučký kůň'],
    'iso-8859-3': ['Eĥoŝanĝo ĉiuĵaŭde', 'Ħaġar Qim żgħażagħ'],
    'iso-8859-4': ['Ęģčķļņšūž āēīōū', 'Põhjamaade ülevaade'],
    'iso-8859-5': ['Съешь ещё этих мягких булок', 'Ђак љубав њива џеп'],
    'windows-1251': ['Уважаемые коллеги! Высылаем счёт № 5 – «срочно»', 'Љубљана ђак'],
    'koi8-r': ['Съешь ещё этих мягких французских булок', '─│┌┐ Привет'],
    'koi8-u': ['Щастя, здоровʼя'.replace('ʼ', ''), 'Їжак ґанок єдність і'],
    'ibm866': ['Привет из ДОС: ёЁ № ░▒▓', 'Съешь ещё'],
    'x-mac-cyrillic': ['Привет из Макинтоша № §', 'Їжак'],
    'macintosh': ['Café “naïve” – Ωmega ≤ ≥ fi', 'Übergrößenträger'],
    'iso-8859-6': ['السلام عليكم ورحمة الله', 'مرحبا، كيف الحال؟'],
    'windows-1256': ['السلام عليكم – پارس چاپ ژرف گل', 'مرحبا، كيف الحال؟'],
    'iso-8859-7': ['Καλημέρα κόσμε, ΐΰ € ―', 'Ξεσκεπάζω την ψυχοφθόρα βδελυγμία'],
    'windows-1253': ['Καλημέρα κόσμε – €', 'Ξεσκεπάζω'],
    'iso-8859-8': ['שלום עולם', 'דג סקרן שט בים'],
    'iso-8859-8-i': ['שלום עולם', 'דג סקרן'],
    'windows-1255': ['שָׁלוֹם – ₪ 5', 'דג סקרן'],
    'windows-1254': ['Pijamalı hasta yağız şoföre çabucak güvendi', 'İstanbul ığdır €'],
    'iso-8859-10': ['Þjóðólfur ŋ ŧ đ', 'Sámegiella čáŋŋš'],
    'iso-8859-13': ['Įlinkdama fechtuotojo špaga', 'Glāžšķūņa rūķīši'],
    'windows-1257': ['Įlinkdama fechtuotojo špaga – €', 'Glāžšķūņa'],
    'iso-8859-14': ['Ŵŷ Ẁẁ ḃ Ċ', 'Dydd da ŵ'],
    'iso-8859-15': ['Prix: 5 € – œuvre'.replace('–', '-'), 'Šžœ Ÿ'],
    'windows-874': ['สวัสดีครับ ยินดีต้อนรับ', 'ภาษาไทย €…'],
    'windows-1258': ['Tiếng Việt'.normalize('NFD').replace('ê\u0301', 'ê\u0301').normalize('NFC').replace('ế', 'ê\u0301').replace('ệ', 'ê\u0323'), '₫ Đà'],
};
const asian = {
    'gbk': ['您好，请查收附件中的会议纪要。', '繁體字也在GBK裡面：龍、龜、鬱', '①②③ⅠⅡⅢ㈱ €'.replace('㈱', '㈠')],
    'gb18030': ['您好，请查收附件', '䲣䴓䶮 ①②'],
    'big5': ['您好，附件為會議紀錄，請查收。', '一乙丁七乃九了二人儿入八', '※→←↑↓　〈〉《》「」'],
    'euc-kr': ['안녕하세요, 회의 자료를 보냅니다.', '漢字와 한글', '가각간갇갈'],
};
const unicode = ['𠮷野家 𩸽 😀👨‍👩‍👧 葛󠄀城市', 'e\u0301 \u{10FFFF} \u{1F1EF}\u{1F1F5}', 'ﾊﾝｶｸ ＦＵＬＬ ﷽', '\ufeffmark inside\ufeff'];

const cases = [];
const add = (label, octets) => cases.push({label, octets: Uint8Array.from(octets)});

function addDamaged(label, octets) {
    const middle = octets.length >> 1;
    add(label, octets);
    add(label, octets.slice(0, -1));
    add(label, octets.slice(1));
    add(label, [...octets.slice(0, middle), ...octets.slice(middle + 1)]);
    add(label, [...octets.slice(0, middle), 0xff, ...octets.slice(middle)]);
}

for (const text of japanese)
    for (const label of japaneseLabels)
        addDamaged(label, encode(label, text));
for (const texts of [western, asian])
    for (const label in texts)
        for (const text of texts[label])
            addDamaged(label, encode(label, text));
for (const text of unicode)
    for (const label of ['utf-8', 'utf-16le', 'utf-16be'])
        addDamaged(label, encode(label, text));
const nSamples = cases.length;

// ---- tables --------------------------------------------------------------------------------------------------------

for (const label of Object.keys(western).concat(['iso-8859-16']))
    for (const octet of range(0, 255))
        add(label, [octet]);
for (const label of ['shift_jis', 'euc-jp', 'gbk', 'gb18030', 'big5', 'euc-kr'])
    for (const lead of range(0x80, 0xff))
        for (const trail of range(0, 255))
            add(label, [lead, trail, 0x41]);
for (const lead of range(0x21, 0x7e))
    for (const trail of range(0x21, 0x7e)) {
        add('iso-2022-jp', [0x1b, 0x24, 0x42, lead, trail, 0x1b, 0x28, 0x42]);
        add('euc-jp', [0x8f, lead | 0x80, trail | 0x80]);
    }
const four = (p) => [0x81 + Math.floor(p / 12600), 0x30 + Math.floor(p / 1260) % 10, 0x81 + Math.floor(p / 10) % 126, 0x30 + p % 10];
for (let p = 0; p < 39500; p++)
    add('gb18030', four(p));
for (let p = 188900; p < 1237700; p += 271)
    add('gb18030', four(p));
for (const p of [188999, 189000, 1237575, 1237576])
    add('gb18030', four(p));

// Malformed UTF-8 and UTF-16 of every kind: what is left of it must be the same to the last U+FFFD.
const pieces = [[0x41], [0xc2], [0x80], [0xbf], [0xc0], [0xe0], [0xa0], [0xe3, 0x81, 0x82], [0xed], [0x9f], [0xf0], [0x90], [0xf4], [0x8f],
    [0xf5], [0xfe], [0xef, 0xbf, 0xbd], [0xf0, 0x9f, 0x98, 0x80]];
for (const a of pieces)
    for (const b of pieces)
        for (const c of pieces)
            for (const d of pieces)
                add('utf-8', [...a, ...b, ...c, ...d]);
const units = [[0x00, 0x41], [0xd8, 0x3d], [0xde, 0x00], [0x30, 0x42], [0xff, 0xfe], [0xfe, 0xff], [0xdc, 0x00], [0x00]];
for (const a of units)
    for (const b of units)
        for (const c of units)
            for (const label of ['utf-16le', 'utf-16be'])
                add(label, [...a, ...b, ...c]);
// ISO-2022-JP: every order of four of its pieces.
const jis = [[0x1b, 0x24, 0x42], [0x1b, 0x28, 0x42], [0x1b, 0x28, 0x4a], [0x1b, 0x28, 0x49], [0x30, 0x21], [0x5c], [0x0a], [0x20], [0xb1],
    [0x0e], [0x0f], [0x1b], [0x7f], [0x1b, 0x24, 0x28, 0x44]];
for (const a of jis)
    for (const b of jis)
        for (const c of jis)
            for (const d of jis)
                add('iso-2022-jp', [...a, ...b, ...c, ...d]);

// ---- what may differ, and why --------------------------------------------------------------------------------------

const has = (octets, from, to) => octets.some((octet) => octet >= from && octet <= to);
const hex = (octets) => Buffer.from(octets).toString('hex');
const fatal = {};

function refusedByNode({label, octets}) {
    try {
        (fatal[label] ??= new TextDecoder(label, {fatal: true})).decode(octets);
        return false;
    } catch {
        return true;
    }
}

// What mail needs and the standard has not; the same against both oracles. charset_cjk.c says why.
const extensions = [
    ['iso-2022-jp', 'escapes in a row are no error', (s) => /(1b(2842|284a|2849|2442|242844)){2}/.test(hex(s.octets))],
    ['iso-2022-jp', 'half-width kana in raw octets', (s) => has(s.octets, 0xa1, 0xdf)],
    ['iso-2022-jp', 'half-width kana by shift-out', (s) => has(s.octets, 0x0e, 0x0f)],
    ['iso-2022-jp', 'JIS X 0212', (s) => hex(s.octets).includes('1b242844')],
    ['iso-2022-jp', 'rows beyond 94: the private use area and IBM characters', (s) => has(s.octets, 0x7f, 0x7f)],
    ['iso-2022-jp', 'blanks and controls inside of two-octet text and kana', (s) => has(s.octets, 0x20, 0x20) || has(s.octets, 0x0a, 0x0a)],
];

// Where ICU is not the standard. (Verified with MODULE.)
const icu = [
    ['windows-1252', 'Node 20 reads 80 to 9F as ISO-8859-1', (s) => has(s.octets, 0x80, 0x9f)],
    ['windows-1253', 'ICU has AA', (s) => has(s.octets, 0xaa, 0xaa)],
    ['windows-1255', 'ICU lacks CA', (s) => has(s.octets, 0xca, 0xca)],
    ['windows-874', 'ICU reads the free places as private use', (s) => has(s.octets, 0xdb, 0xde) || has(s.octets, 0xfc, 0xff)],
    ['koi8-u', 'ICU lacks the Belarusian letters', (s) => has(s.octets, 0xae, 0xae) || has(s.octets, 0xbe, 0xbe)],
    ['ibm866', 'ICU rotates 1A, 1C and 7F', (s) => has(s.octets, 0x1a, 0x1c) || has(s.octets, 0x7f, 0x7f)],
    ['iso-8859-16', 'Node has no such decoder', () => true],
    ['shift_jis', 'ICU refuses 80', (s) => has(s.octets, 0x80, 0x80)],
    ['shift_jis', 'ICU rotates 1A, 1C and 7F', (s) => has(s.octets, 0x1a, 0x1c) || has(s.octets, 0x7f, 0x7f)],
    ['euc-jp', 'ICU reads octets that are no lead as C1 controls', (s) => has(s.octets, 0x80, 0x8d) || has(s.octets, 0x90, 0xa0)],
    ['euc-kr', 'ICU has KS X 1001 alone, without the rest of Hangul', (s) => !/^(([0-7].)|([a-f].){2})*$/.test(hex(s.octets)) || has(s.octets, 0xa0, 0xa0)],
    ['euc-kr', 'ICU has KS X 1001 of before the euro', (s) => /a2e[67]/.test(hex(s.octets))],
    ['euc-jp', 'ICU has some IBM characters in rows where JIS X 0212 has none', (s) => /8ff3/.test(hex(s.octets))],
    ['euc-kr', 'ICU reads the user rows as private use', (s) => has(s.octets, 0xc9, 0xc9) || has(s.octets, 0xfe, 0xfe)],
    ['euc-jp', 'ICU has three characters behind 8E', (s) => /8ee[012]/.test(hex(s.octets))],
    ['gbk', 'ICU has no GB18030 behind this name', (s) => /(a2e3|a3a0|a6[def]|a8[9b]|a9[89]|fe)/.test(hex(s.octets))],
    ['gbk', 'ICU reads FF as private use', (s) => has(s.octets, 0xff, 0xff)],
    ['big5', 'ICU has Big5 without HKSCS, and private use in its place', (s) => has(s.octets, 0x80, 0xa0) || has(s.octets, 0xc6, 0xc8) || has(s.octets, 0xf9, 0xff)],
    ['big5', 'ICU lacks the control pictures', (s) => has(s.octets, 0xa3, 0xa3)],
];

const explain = (list, sample) => list.find(([label, , applies]) => label === sample.label && applies(sample))?.[1];

function explainNode(sample, ours) {
    const known = explain(extensions, sample) ?? explain(icu, sample);
    if (known)
        return known;
    // How many octets an error takes, ICU decides otherwise in the Asian encodings; that it is one, both must say.
    if (['shift_jis', 'euc-jp', 'gbk', 'gb18030', 'big5', 'euc-kr', 'iso-2022-jp'].includes(sample.label) &&
        ours.includes('\ufffd') && refusedByNode(sample))
        return 'both refuse it; ICU takes more or fewer octets for an error';
    return null;
}

// ---- comparison ----------------------------------------------------------------------------------------------------

const input = cases.map(({label, octets}) => `${label} ${hex(octets)}\n`).join('');
const run = spawnSync(decoder, {input, maxBuffer: 1 << 30});
if (run.status !== 0)
    throw new Error(`${decoder}: status ${run.status}`);
const answers = run.stdout.toString().split('\n');

function compare(name, Decoder, explainer) {
    const decoders = {};
    const reasons = {};
    let same = 0;
    let wrong = 0;
    let samplesSame = 0;
    cases.forEach((sample, i) => {
        let theirs = 'unsupported';
        try {
            theirs = Buffer.from((decoders[sample.label] ??= new Decoder(sample.label)).decode(sample.octets)).toString('hex');
        } catch (error) {
            if (!(error instanceof RangeError))
                throw error;
        }
        if (theirs === answers[i]) {
            same++;
            samplesSame += i < nSamples;
            return;
        }
        const ours = Buffer.from(answers[i], 'hex').toString();
        const reason = explainer(sample, ours);
        if (reason) {
            const key = `${sample.label}: ${reason}`;
            reasons[key] = (reasons[key] ?? 0) + 1;
        } else if (wrong++ < 20) {
            console.log(`not ok: ${sample.label} ${hex(sample.octets)}: ${JSON.stringify(ours)}, ` +
                `${name} says ${JSON.stringify(Buffer.from(theirs, 'hex').toString())}`);
        }
    });
    console.log(`${name}: ${cases.length} compared, ${same} equal (${samplesSame} of ${nSamples} samples), ${wrong} wrong; known deviations:`);
    for (const [reason, n] of Object.entries(reasons))
        console.log(`  ${n}\t${reason}`);
    return wrong;
}

let wrong = compare('Node', TextDecoder, explainNode);
if (Standard)
    wrong += compare('the standard', Standard, (sample) => explain(extensions, sample));

// Every label of the standard that Node knows must be known here, and to the same encoding; the dangerous ones must not.
const labels = `866 ansi_x3.4-1968 arabic ascii asmo-708 big5 big5-hkscs chinese cn-big5 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255
cp1256 cp1257 cp1258 cp819 cp866 csbig5 cseuckr cseucpkdfmtjapanese csgb2312 csibm866 csiso2022jp csiso58gb231280 csiso88596e
csiso88596i csiso88598e csiso88598i csisolatin1 csisolatin2 csisolatin3 csisolatin4 csisolatin5 csisolatin6 csisolatin9
csisolatinarabic csisolatincyrillic csisolatingreek csisolatinhebrew cskoi8r csksc56011987 csmacintosh csshiftjis csunicode cyrillic
dos-874 ecma-114 ecma-118 elot_928 euc-jp euc-kr gb18030 gb2312 gb_2312 gb_2312-80 gbk greek greek8 hebrew ibm819 ibm866
iso-10646-ucs-2 iso-2022-jp iso-8859-1 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-2 iso-8859-3 iso-8859-4
iso-8859-5 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-8859-7 iso-8859-8 iso-8859-8-e iso-8859-8-i iso-8859-9 iso-ir-100 iso-ir-101
iso-ir-109 iso-ir-110 iso-ir-126 iso-ir-127 iso-ir-138 iso-ir-144 iso-ir-148 iso-ir-149 iso-ir-157 iso-ir-58 iso8859-1 iso8859-10
iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso88591
iso885910 iso885911 iso885913 iso885914 iso885915 iso88592 iso88593 iso88594 iso88595 iso88596 iso88597 iso88598 iso88599
iso_8859-1 iso_8859-15 iso_8859-1:1987 iso_8859-2 iso_8859-2:1987 iso_8859-3 iso_8859-3:1988 iso_8859-4 iso_8859-4:1988 iso_8859-5
iso_8859-5:1988 iso_8859-6 iso_8859-6:1987 iso_8859-7 iso_8859-7:1987 iso_8859-8 iso_8859-8:1988 iso_8859-9 iso_8859-9:1989 koi koi8
koi8-r koi8-ru koi8-u koi8_r korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 l1 l2 l3 l4 l5 l6 l9 latin1 latin2 latin3 latin4
latin5 latin6 logical mac macintosh ms932 ms_kanji shift-jis shift_jis sjis sun_eu_greek tis-620 ucs-2 unicode unicode-1-1-utf-8
unicode11utf8 unicode20utf8 unicodefeff unicodefffe us-ascii utf-16 utf-16be utf-16le utf-8 utf8 visual windows-1250 windows-1251
windows-1252 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 windows-31j windows-874 windows-949
x-cp1250 x-cp1251 x-cp1252 x-cp1253 x-cp1254 x-cp1255 x-cp1256 x-cp1257 x-cp1258 x-euc-jp x-gbk x-mac-cyrillic x-mac-roman
x-mac-ukrainian x-sjis x-unicode20utf8 x-x-big5`.split(/\s+/);
const probe = '41a4a2b0ec1b2442302142';
const asked = [...labels, 'utf-7', 'unicode-1-1-utf-7', 'hz-gb-2312', 'hz', 'iso-2022-kr', 'iso-2022-cn', 'x-user-defined', 'replacement', 'none such'];
const told = spawnSync(decoder, {input: asked.map((label) => `${label} ${probe}\n`).join('')}).stdout.toString().split('\n');
const byName = {};
asked.forEach((label, i) => {
    const known = i < labels.length;
    const name = known ? new TextDecoder(label).encoding : '';
    if (known ? told[i] === 'unknown' || (byName[name] ??= told[i]) !== told[i] : told[i] !== 'unknown') {
        console.log(`not ok: label ${label}: ${told[i]}`);
        wrong++;
    }
});
console.log(`${labels.length} labels of the standard, ${wrong} wrong in all`);
process.exit(wrong === 0 && nSamples >= 200 ? 0 : 1);
