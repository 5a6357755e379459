// Draws the packages' icon: node eng/icon.mjs Package/icon.png
// A stack of three layers, each narrower and denser than the one above: a model that is packed. 128 × 128, four shades, no library.
import { writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

const SIZE = 128, SAMPLES = 4;
const layers = [
    { x: 20, y: 24, width: 88, height: 20, colour: [0x9b, 0xb8, 0xff] },
    { x: 32, y: 54, width: 64, height: 20, colour: [0x5b, 0x86, 0xf0] },
    { x: 44, y: 84, width: 40, height: 20, colour: [0x2f, 0x5b, 0xd0] },
];
const background = { x: 0, y: 0, width: SIZE, height: SIZE, radius: 24, colour: [0x12, 0x1a, 0x33] };

/** Whether a point lies in a rectangle with round corners. */
const inside = ({ x, y, width, height, radius = 6 }, px, py) => {
    const dx = Math.max(x + radius - px, px - (x + width - radius), 0);
    const dy = Math.max(y + radius - py, py - (y + height - radius), 0);
    return px >= x && px < x + width && py >= y && py < y + height && dx * dx + dy * dy <= radius * radius;
};

const pixel = (column, row) => {
    const sum = [0, 0, 0, 0];
    for (let i = 0; i < SAMPLES * SAMPLES; i++) {
        const px = column + ((i % SAMPLES) + 0.5) / SAMPLES, py = row + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES;
        const shape = layers.find(l => inside(l, px, py)) ?? (inside(background, px, py) ? background : null);
        if (shape) [...shape.colour, 255].forEach((value, channel) => sum[channel] += value);
    }
    const covered = sum[3] / 255;
    return [...sum.slice(0, 3).map(v => covered ? Math.round(v / covered) : 0), Math.round(sum[3] / (SAMPLES * SAMPLES))];
};

const rows = Array.from({ length: SIZE }, (_, row) => [0, ...Array.from({ length: SIZE }, (_, column) => pixel(column, row)).flat()]).flat();
const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4), check = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
};
const header = Buffer.alloc(13);
header.writeUInt32BE(SIZE, 0);
header.writeUInt32BE(SIZE, 4);
header.set([8, 6, 0, 0, 0], 8);
writeFileSync(process.argv[2], Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.from(rows), { level: 9 })), chunk('IEND', Buffer.alloc(0))]));
