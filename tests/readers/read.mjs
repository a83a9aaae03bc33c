// read.mjs - reads messages with mailparser and postal-mime: a JSON line for each reader and message
//
//     node read.mjs FILE...
//
// {"file": ..., "reader": ..., "type": ..., "text": ...}; "type" says what was found beside a text, if anything.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(process.cwd() + '/'));
const { simpleParser } = require('mailparser');
const { default: PostalMime } = await import(pathToFileURL(require.resolve('postal-mime')));

function found(message) {
    const more = [];
    if (message.html)
        more.push('html');
    for (const attachment of message.attachments ?? [])
        more.push(attachment.contentType ?? attachment.mimeType);
    return ['text/plain', ...more].join('+');
}

function say(file, reader, message) {
    process.stdout.write(JSON.stringify({ file, reader, type: found(message), text: message.text ?? null }) + '\n');
}

for (const file of process.argv.slice(2)) {
    const octets = readFileSync(file);
    say(file, 'mailparser', await simpleParser(octets, { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true }));
    say(file, 'postal-mime', await PostalMime.parse(octets));
}
