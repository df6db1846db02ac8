// Tabulates what Jitsi's client makes of a room's name, by the functions of a JavaScript engine.
//
//     node tests/data/generate-room-names.mjs > tests/data/room-names.json
//
// A row: `input`, a name as typed or as a URL's path part; `node`, the name of the chat room (the MUC node) after one
// application of the client's rule; `fixed`, what the name settles at when the rule is applied again and again, or
// null where nothing is left of it at some time or it still changes after eight applications.
//
// Node 20 or newer. Every character stands in Unicode 15, and what becomes of a character never changes once it is
// assigned, so an engine of a newer Unicode version gives the same table; the script stops at an unassigned character.
// The table holds no time, no randomness and no version: running the script twice gives the same bytes.

const DROPPED = /[:?#[\]@!$&'()*+,;=></"]/g;
const MOST_ROUNDS = 8;

function node(input) {
    let name = input.replace(DROPPED, '');
    try {
        name = decodeURIComponent(name);
    } catch {
        // Not percent-encoded, or not well: the client carries on with the name as it is.
    }
    return encodeURIComponent(name.normalize('NFKC').toLowerCase()).toLowerCase();
}

function fixed(input) {
    let name = node(input);
    for (let round = 0; round < MOST_ROUNDS; round++) {
        if (name === '') {
            return null;
        }
        const next = node(name);
        if (next === name) {
            return name;
        }
        name = next;
    }
    return null;
}

const inputs = new Set();
const add = (...names) => names.forEach(name => inputs.add(name));
const char = (...points) => String.fromCodePoint(...points);
const byte = value => `%${value.toString(16).toUpperCase().padStart(2, '0')}`;
const encodeAll = text => [ ...Buffer.from(text, 'utf8') ].map(byte).join('');

/** A name as typed; by turns also as a browser sends it, composed, decomposed, encoded in lower case, or encoded twice. */
let turn = 0;
function addForms(name) {
    const encoded = encodeURIComponent(name);
    const forms = [ encoded, name.normalize('NFD'), encoded.toLowerCase(), name.normalize('NFC'), encodeURIComponent(encoded) ];
    add(name);
    if (turn % 2 === 0) {
        add(forms[(turn / 2) % forms.length]);
    }
    turn += 1;
}

// Plain names.
add('', 'a', 'A', 'room', 'Room', 'ROOM', 'Rocket-Weekly', 'board_2024', 'v1.2', 'a~b', '.', '..', '...', '.a', 'a.', '-', '_', '~');
add('Big Room', ' room', 'room ', '  ', 'a  b', 'a+b', '[acme]test', '*', '**', 'acme/test', '//evil.example', '\\\\evil', 'it\'s');
add('__proto__', 'constructor', 'null', 'undefined', 'NaN', '0', '007', '1e3', 'true', 'room.json', 'http-bind', 'config.js');
add('x'.repeat(1023), 'x'.repeat(1024), '\u00e9'.repeat(170), '\u00e9'.repeat(171), 'X%20'.repeat(255));

// Every ASCII character: encoded; all but letters and digits also inside names, encoded twice, and literally.
for (let value = 0; value < 0x80; value++) {
    const hex = byte(value);
    const literal = char(value);
    add(hex);
    if (!/[0-9A-Za-z]/.test(literal)) {
        add(`Ab${literal}Cd`, `Ab${hex.toLowerCase()}Cd`);
        if (value >= 0x20 && value < 0x7f) {
            add(literal, `%25${hex.slice(1)}`, `a%4${literal}1b`);
        }
    }
}

// Percent signs that are no encoding, or only become one when something is dropped.
add('%', '%%', '%%%', '100%', '100% sure', '50%25', '%4', '%G1', '%1G', '%zz', 'a%', 'a%2', '%u00e9', '%U00E9', '%-1', '% 20', '%2 0');
add('%20%', '%41%', '%41%4', 'A%C3%A9%', '%C3%A9%zz', '%%41', '%%34%31', '%2%35', '%252', '%25', '%2525', '%252525', '%25%32%35');
add('%2541', '%252541', '%25252541', '%25C3%25A9', '%25c3%25a9', '%2525C3%2525A9', '%25%', '%%25', '%25%25', '%2525%', '%ef%bc%85', '\uff0541', '%EF%BC%8541');
add('%\uff14\uff11', '\uff05\uff12\uff10', '\uff0525', '\ufe6a41', '\ufe6a25', '%2%EF%BC%95', '%4\u0661', '%\u0664\u0661', '%25\uff12\uff15');
for (let depth = 1; depth <= 12; depth++) {
    add(`%${'25'.repeat(depth)}41`, `a%${'25'.repeat(depth)}27b`, `%${'25'.repeat(depth)}C3%${'25'.repeat(depth)}89`);
}
for (const dropped of ':?#[]@!$&\'()*+,;=></"') {
    add(`%${dropped}41`, `${encodeAll(dropped)}%${encodeAll(dropped)}41`);
}

// Bytes that are no UTF-8: stray, cut short, overlong, surrogates, beyond the last code point; and the borders that are.
for (let value = 0x80; value < 0x100; value += 9) {
    add(byte(value));
}
for (const bytes of [
    'C3', 'C3 28', 'A9 C3', 'C3 C3 A9', 'C3 A9 A9', 'E2 82', 'E2 28 A1', 'E2 82 28', 'F0 9F 98', 'F0 28 8C BC', 'F0 90 28 BC',
    'C0 80', 'C0 AF', 'C1 81', 'C1 BF', 'E0 80 80', 'E0 80 AF', 'E0 9F BF', 'F0 80 80 80', 'F0 80 80 AF', 'F0 8F BF BF',
    'ED A0 80', 'ED AF BF', 'ED B0 80', 'ED BF BF', 'ED A0 BD ED B8 80', 'F4 90 80 80', 'F5 80 80 80', 'F7 BF BF BF',
    'F8 88 80 80 80', 'FC 84 80 80 80 80', 'FE', 'FF', 'FF FE', 'FE FF', 'EF BB BF', 'EF BF BD', 'ED 9F BF', 'EE 80 80',
    'C2 80', 'DF BF', 'E0 A0 80', 'EF BF BC', 'F0 90 80 80', 'F0 9F 98 80', 'C2 A0', 'C2 AD', 'E2 80 A8', 'E2 80 A9'
]) {
    const encoded = bytes.split(' ').map(value => `%${value}`).join('');
    add(encoded, `Room ${encoded.toLowerCase()}%41`);
}
add('%C3\u00a9', '%c3%A9', '%C3%a9', '%C3a9', 'C3%A9', '%C3 %A9', '%C3%41%A9', '\u00c3\u00a9', '\u00e9%C3%A9', '\u00c9%', '\u00c9%zz', '\u00c9%C3');

// Languages.
for (const name of [
    // German, French, Swedish and other Latin
    'M\u00fcnchen', '\u00c4\u00d6\u00dc', 'Stra\u00dfe', 'STRA\u1e9eE', 'Gr\u00f6\u00dfe \u00c4', '\u00c9cole', 'R\u00e9union A', 'No\u00ebl', '\u0152UVRE', '\u00c7a va', 'L\u2019\u00c9T\u00c9',
    'L\'\u00c9t\u00e9', '\u00c5ngstr\u00f6m', '\u00c5\u00c4\u00d6', 'Sm\u00f6rg\u00e5s', '\u00c6\u00d8\u00c5', '\u00d0\u00de', '\u0141\u00f3d\u017a', '\u017d\u00c1\u010cEK', '\u0150\u0170', '\u00d1and\u00fa', '\u0132ssel', '\u01c4\u01c5\u01c6', '\u01f1\u01f2', '\u1ea4\u1eec',
    'Ti\u1ebfng Vi\u1ec7t', '\u0218\u021a', '\u015e\u0162', '\u013f\u0140', '\u0149', '\u1e9b', '\u1e9b\u0323',
    // Turkish
    '\u0130', 'I', '\u0131', '\u0130stanbul', 'ISPARTA', '\u0131s\u0131', 'D\u0130YARBAKIR', 'I\u0307', 'i\u0307', '\u0130\u0307', '\u0130\u0301', 'I\u0323\u0307', '\u012e\u0307', 'J\u0307',
    // Greek
    '\u03a3', '\u03a3\u03a3', '\u0391\u03a3', '\u0391\u03a3 ', '\u0391\u03a3\u0391', '\u039f\u0394\u039f\u03a3', '\u039f\u0394\u039f\u03a3 \u0391', '\u039f\u0394\u039f\u03a3-\u0391', '\u039f\u0394\u039f\u03a3.', '\u039f\u0394\u039f\u03a3.\u0391', '\u039f\u0394\u039f\u03a31', '\u03a31', '1\u03a3', 'A\u03a3', 'A\u03a3b',
    'A\u0301\u03a3', 'A\u03a3\u0301', 'A\u03a3\u0301b', 'A\u00ad\u03a3', 'A\u03a3\u00adB', 'A.\u03a3', 'A\u2019\u03a3', 'A\'\u03a3', 'A:\u03a3', 'A\u03a3:B', 'A\u03a3\'B', '\u03a3A\u03a3', '\u03c2', '\u03c2\u03a3', '\u0386\u03ad\u03ce', '\u0390\u03b0', '\u1fb3', '\u1fbc',
    '\u1fbe', '\u1f88', '\u1ffc', '\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f5', '\u03f4', '\u03f9', '\u03f2', '\u037e', '\u0387', '\u03aa\u0301', '\u{1d6ba}', 'A\u{1d6ba}', '\u1fc1', '\u0384', '\u00b4', '\u1ffd',
    // Cyrillic
    '\u041c\u043e\u0441\u043a\u0432\u0430', '\u0419\u041e\u0413\u0410', '\u0401\u043b\u043a\u0430', '\u040e\u0407\u0404', '\u0418\u0306', '\u0490', '\u04c0', '\u04cf', '\ua64a', '\u1c88', '\u1c80', '\u0460',
    // Hebrew and Arabic
    '\u05e9\u05dc\u05d5\u05dd', '\u05e9\u05c1\u05b8', '\ufb2a', '\ufb2c', '\ufb1d', '\ufb4f', '\u05d0\u05b7', '\u0645\u0631\u062d\u0628\u0627', '\ufefb', '\ufdfa', '\ufdf2', '\ufe8d', '\ufe70', '\ufe71', '\u0622', '\u0627\u0653', '\u0660\u0661\u0662', '\u06f1\u06f2', '\u0640', '\u0675', '\ufc5e',
    // CJK, kana, Hangul
    '\u4f1a\u8bae\u5ba4', '\u6f22\u5b57', '\u{20bb7}\u91ce\u5bb6', '\uf900', '\uf907', '\u{2f800}', '\u2f00', '\u3000', '\u4f1a\u3000\u8b70', '\u304b\u3099', '\u304c', '\u30ab\u3099', '\uff76\uff9e', '\uff8a\uff9f', '\uff71\uff70', '\u309b', '\u309f', '\u30ff', '\u3300', '\u337f', '\u32ff', '\u3392', '\u33c2', '\u3250', '\u32c0',
    '\ud55c\uad6d\uc5b4', '\u1112\u1161\u11ab', '\u1100\u1161', '\u1100\u1161\u11a8', '\uac00\u11a8', '\uac01\u11a8', '\u3131', '\u314f', '\uffa1', '\uffa1\uffc2', '\u3131\u314f', '\u115f', '\u3164', '\uffa0', '\u3200', '\u3260',
    // Indic, Thai, Tibetan, Myanmar
    '\u0928\u092e\u0938\u094d\u0924\u0947', '\u0929', '\u0928\u093c', '\u0958', '\u0915\u093c', '\u09cb', '\u09c7\u09be', '\u0b94', '\u0bca', '\u0e01\u0e33', '\u0eb3', '\u0f0c', '\u0f43', '\u0f77', '\u0f81', '\u1026', '\u0cca', '\u0dde',
    // Scripts with two cases that came late, or with none
    '\u10a0', '\u10d0', '\u1c90', '\u1c90\u10d0', '\u10fc', '\u2d00', '\u13a0', '\uab70', '\u13f0', '\u13f8', '\u13a0\u13f8\uab70', '\u{1e900}', '\u{1e922}', '\u{1e921}\u{1e943}', '\u{10400}', '\u{10428}', '\u{10427}\u{1044f}', '\u{104b0}', '\u{10c80}', '\u{118a0}', '\u{16e40}', '\u{10570}', '\u{10597}',
    '\u2c2f', '\u2c5f', '\u2c00', '\ua7c0', '\ua7d0', '\ua7ae', '\ua7b3', '\ua78d', '\u2c62', '\u2c6f', '\u0531', '\u0587', '\ufb13', '\u1e900', '\u2c80', '\u053a',
    // Letters and signs that are one another
    '\u017f', '\u017fi', 'Wa\u017f\u017fer', '\u212a', '\u212b', '\u2126', '\u00b5', '\u03bc', '\u0345', '\u2132', '\u214e', '\u2183', '\u2184', '\u00aa', '\u00ba', '\u2071', '\u207f', '\u1d2c', '\u02b0', '\u02e0', '\ua7f2', '\u{10781}',
    // Ligatures, letter-like signs, numbers
    '\ufb00', '\ufb01', '\ufb02', '\ufb03', '\ufb04', '\ufb05', '\ufb06', 'o\ufb03ce', '\u2116', '\u2116 5', '\u2121', '\u213b', '\u2122', '\u2120', '\u2100', '\u2101', '\u2105', '\u2106', '\u210c', '\u2102', '\u2135', '\u33a1',
    'x\u00b2', '\u00b9\u00b2\u00b3', '\u2070', '\u2075', '\u2080', '\u2099', '\u2090', '\u00bd', '\u00bc', '\u2153', '\u215f', '\u2160', '\u216b', '\u2170', '\u217f', '\u2189', '\u2460', '\u2474', '\u2488', '\u249c', '\u24b6', '\u24d0', '\u24ea', '\u{1f100}', '\u{1f110}', '\u{1f12a}', '\u{1f130}', '\u{1f150}', '\u{1f14f}', '\u{1f190}', '\u{1fbf0}',
    '\u{1d400}', '\u{1d504}', '\u{1d538}\u{1d7d8}', '\u{1d70f}', '\u{1d7ce}', '\u{1d6a4}', '\u{1d6a5}', '\u{1ee00}', '\u{1f200}', '\u{1f240}', '\u210e', '\u{1d49c}',
    // Full and small forms, above all of what is dropped
    '\uff21\uff22\uff23', '\uff41', '\uff10\uff11', '\uff01', '\uff02', '\uff03', '\uff04', '\uff05', '\uff06', '\uff07', '\uff08', '\uff09', '\uff0a', '\uff0b', '\uff0c', '\uff0d', '\uff0e', '\uff0f', '\uff1a', '\uff1b', '\uff1c', '\uff1d', '\uff1e', '\uff1f', '\uff20', '\uff3b', '\uff3c', '\uff3d', '\uff3e', '\uff3f', '\uff40', '\uff5b', '\uff5c', '\uff5d', '\uff5e', '\uffe0', '\uffe3', '\uffe5',
    '\uff0e\uff0e', '\uff0e\uff0e\uff0fa', 'a\uff0fb', 'a\uff03b', 'a\uff1fb', '\ufe50', '\ufe52', '\ufe54', '\ufe55', '\ufe56', '\ufe57', '\ufe5f', '\ufe60', '\ufe61', '\ufe62', '\ufe64', '\ufe66', '\ufe68', '\ufe69', '\ufe6a', '\ufe6b', '\ufe10', '\ufe13', '\ufe19', '\ufe30', '\ufe33', '\ufe35', '\ufe47',
    '\u2024', '\u2025', '\u2026', '\u203c', '\u203d', '\u2047', '\u2048', '\u2049', '\u207a', '\u207c', '\u207d', '\u208a', '\u2044', '\u2215', '\u2236', '\u2a74', '\u2a75', '\u2260', '\u226e', '\u226f', '=\u0338', '<\u0338', '>\u0338', '\u1fef', '\u212f', '\u2033', '\u2057', '\u222c', '\u2329', '\u27e8', '\u2018it\u2019s', '\u201cA\u201d',
    // Emoji
    '\u{1f600}', '\u{1f680}Rocket', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}', '\u{1f3f3}\ufe0f\u200d\u{1f308}', '\u{1f44d}\u{1f3fd}', '\u{1f1e9}\u{1f1ea}', '\u2764\ufe0f', '\u2764', '1\ufe0f\u20e3', '#\ufe0f\u20e3', '*\ufe0f\u20e3', '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}', '\u{1fae8}',
    // What is not seen
    'a\u00a0b', 'a\u1680b', 'a\u2000b', 'a\u2003b', 'a\u2007b', 'a\u200ab', 'a\u202fb', 'a\u205fb', 'a\u3000b', 'a\u0085b', 'a\u2028b', 'a\u2029b', 'a\u00adb', 'a\u034fb', 'a\u061cb', 'a\u180eb', 'a\u200bb', 'a\u200cb', 'a\u200db', 'a\u2060b', 'a\u2061b', 'a\ufeffb', '\u200b', '\ufeff', '\u00a0', 'a\u115fb', 'a\ufe00b', 'a\ufe0fb', 'a\u{e0100}b', 'a\u{e0001}b',
    'a\u200eb', 'a\u200fb', 'a\u202ab', 'a\u202bb', 'a\u202cb', 'a\u202db', 'a\u202eb', 'a\u2066b', 'a\u2067b', 'a\u2068b', 'a\u2069b', 'a\u206ab', '\u202etxt.moor', 'a\ufff9b', 'a\ufffcb', 'a\ufffdb', 'a\u0080b', 'a\u009fb', 'a\ue000b', 'a\u{f0000}b', 'a\u{10fffd}b',
    // Capitals whose marks meet no composed letter, but whose small letters do
    'J\u030c', 'H\u0331', 'T\u0308', 'W\u030a', 'Y\u030a', '\u03ab\u0301', '\u03a5\u0313', '\u03a5\u0308\u0300', '\u0391\u0342', '\u0397\u0342', '\u03a1\u0313', '\u03a9\u0342\u0345', '\u0130\u0323',
    // Combining marks: order, exclusions, marks that have no letter
    'e\u0301', '\u00e9', 'E\u0301', '\u00c9', 'A\u030a', 'o\u0302\u0323', 'o\u0323\u0302', '\u1ed9', '\u00f4\u0323', 'q\u0307\u0323', 'q\u0323\u0307', 's\u0323\u0307', 's\u0307\u0323', '\u1e69', '\u0301', '\u0301a', 'a\u0301\u0301', 'a\u0300\u0301', 'a\u0315\u0300\u05ae\u0062', '\u0340', '\u0341', '\u0343', '\u0344', '\u0374', '\u2adc', '\u0958\u0301', '\u{1d15e}', '\u{1d160}', '\u{11099}\u{110ba}', '\u{1109a}', '\u{11131}\u{11127}', '\u0cbf\u0cd5', '\u1b05\u1b35',
    'a\u034f\u0301', 'a\u200d\u0301', 'e\u0328\u0301', '\u0119\u0301', 'd\u030c\u0323', '\u01d6', 'u\u0308\u0304', '\u1e14', '\u0112\u0300', '\u0226\u0304', '\u0061\u0307\u0304', '\u1e0b\u0323', `z${'\u0301'.repeat(40)}`, `a${'\u0316\u0301'.repeat(16)}`
]) {
    addForms(name);
}

// Marks that meet a letter only once what stood between them is dropped or decoded.
for (const between of [ '\'', '!', '%27', '%2A', '%3A', '%2527', '%EF%BC%87', '%' ]) {
    add(`e${between}\u0301`, `e${between}%CC%81`, `E%CC${between}%81`, `\u1112${between}\u1161`, `%E1%84%92${between}%E1%85%A1`);
    add(`A\u03a3${between}`, `A\u03a3${between}B`, `%CE%91${between}%CE%A3`, `A${between}\u03a3`, `I${between}\u0307`, `\u304b${between}\u3099`);
}

// Mixtures, from a fixed seed.
let state = 0x2f6e2b1;
function below(limit) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 0x100000000) * limit);
}
const PIECES = [
    'a', 'B', 'room', 'Z9', '-', '_', '.', '~', ' ', '%', '%2', '%25', '%252', '%20', '%2F', '%27', '%28', '%2A', '%2525', '%41', '%6a', '%C3%A9',
    '%C3', '%A9', '%c3%89', '%E2%84%96', '%EF%BC%87', '%CC%81', '%00', '%0a', '%F0%9F%98%80', '%zz', '27', '41', 'C3', '\'', '(', ')', '!', '*', '/', '?', '#', '&',
    '+', '"', '<', '[', '@', '\\', '^', '`', '{', '|', '\u00c9', '\u00df', '\u1e9e', '\u0130', 'I', '\u0131', '\u03a3', '\u03c2', '\u0391', '\u0301', '\u0307', '\u0323', '\u030a', '\u0345', 'A', 'e', 'o',
    '\u1112', '\u1161', '\u11ab', '\uac00', '\uff21', '\uff05', '\uff07', '\uff0f', '\ufb03', '\u2116', '\u2121', '\u00b2', '\u017f', '\u212a', '\u212b', '\u2126', '\u1c90', '\u13a0', '\u{1e900}', '\u{10400}', '\u200d', '\u200b', '\u202e', '\u{1f469}',
    '\u0416', '\u05e9', '\u05c1', '\u0645', '\u4f1a', '\u3000', '\u00a0', '\u00ad', '\ufdfa', '\u2026', '\u1fb3', '\u0344', '\u{1d6ba}', '\u09c7', '\u09be'
];
for (let count = 0; count < 350; count++) {
    let name = '';
    for (let length = 2 + below(7); length > 0; length--) {
        name += PIECES[below(PIECES.length)];
    }
    add(count % 4 === 3 ? encodeURIComponent(name) : name);
}

const escaped = value => JSON.stringify(value).replace(/[^\x20-\x7e]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const rows = [ ...inputs ].map(input => {
    if (!input.isWellFormed() || /\p{Unassigned}/u.test(input)) {
        throw new Error(`not a string of assigned characters: ${escaped(input)}`);
    }
    return `{"input": ${escaped(input)}, "node": ${escaped(node(input))}, "fixed": ${escaped(fixed(input))}}`;
});
process.stdout.write(`[\n${rows.join(',\n')}\n]\n`);
