import { readFile } from 'node:fs/promises';

const BLOCK_BYTES = 512;
/** Of a program header that names a loader. */
const PT_INTERP = 3;

/** What an image of nothing but busybox is made from, as the Engine takes it: a tar of its file system. */
export async function busyboxImage(path: string): Promise<Buffer> {
  const program = await readFile(path);
  if (needsLoader(program)) throw new Error(`${path} is not static: on Debian, apt-get install busybox-static`);
  const end = Buffer.alloc(2 * BLOCK_BYTES);
  return Buffer.concat([...entry('bin/', '5', Buffer.alloc(0)), ...entry('bin/busybox', '0', program), end]);
}

function entry(name: string, type: '0' | '5', content: Buffer): Buffer[] {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(name, 0);
  header.write(octal(0o755, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(content.length, 11), 124);
  header.write(octal(0, 11), 136);
  // The sum counts its own place as spaces.
  header.write(' '.repeat(8), 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )} `,
    148,
  );
  return [header, content, Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES)];
}

/** In the image there is no loader, nor a library. */
function needsLoader(program: Buffer): boolean {
  const start = Number(program.readBigUInt64LE(32));
  const [size, count] = [program.readUInt16LE(54), program.readUInt16LE(56)];
  return Array.from({ length: count }, (_, i) => program.readUInt32LE(start + i * size)).includes(PT_INTERP);
}
