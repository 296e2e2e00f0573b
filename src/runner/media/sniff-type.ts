import type { MediaKind } from '../../protocol/media.ts';

/** A type that was found in the first bytes of a medium. */
export interface SniffedType {
  kind: MediaKind;
  mimeType: string;
}

/** The type of a medium by its first bytes; undefined for anything that is not a known medium. */
export function sniffType(bytes: Buffer): SniffedType | undefined {
  const found = SIGNATURES.find(({ at = 0, text, hex }) => {
    const wanted = text === undefined ? Buffer.from(hex ?? '', 'hex') : Buffer.from(text, 'latin1');
    return bytes.subarray(at, at + wanted.length).equals(wanted);
  });
  if (found !== undefined) return of(found.type);
  const head = bytes.subarray(0, 16).toString('latin1');
  if (head.startsWith('RIFF')) return ofName(RIFF, head.slice(8, 12));
  if (head.slice(4, 8) === 'ftyp') return of(BRANDS[head.slice(8, 12).trim().toLowerCase()] ?? 'video/mp4');
  if (/^FORM....AIF[FC]/s.test(head)) return of('audio/aiff');
  // A PDF may have other bytes before its header.
  if (bytes.subarray(0, 1024).includes('%PDF-')) return of('application/pdf');
  // The sync words of MPEG audio: AAC has the layer 0, MP3 another.
  const [first = 0, second = 0] = bytes;
  if (first === 0xff && (second & 0xf6) === 0xf0) return of('audio/aac');
  if (first === 0xff && (second & 0xe0) === 0xe0 && (second & 0x06) !== 0) return of('audio/mp3');
  return undefined;
}

/** Names of types that mean the same; the ones to the right are sent. */
const ALIASES: { [type: string]: string } = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
  'application/x-pdf': 'application/pdf',
  'audio/mpeg': 'audio/mp3',
  'audio/x-mp3': 'audio/mp3',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-aiff': 'audio/aiff',
  'audio/x-flac': 'audio/flac',
  'audio/aacp': 'audio/aac',
  'application/ogg': 'audio/ogg',
  'video/mov': 'video/quicktime',
  'video/mpg': 'video/mpeg',
  'video/x-msvideo': 'video/avi',
  'video/x-ms-wmv': 'video/wmv',
  'video/flv': 'video/x-flv',
};

/** Declared types that say nothing. */
const ANY_TYPE = new Set(['', 'application/octet-stream', 'binary/octet-stream']);

/** Whether the bytes have the type that was declared for them. */
export function fitsDeclared(declared: string, { mimeType }: SniffedType): boolean {
  return ANY_TYPE.has(declared) || (ALIASES[declared] ?? declared) === mimeType;
}

interface Signature {
  type: string;
  at?: number;
  text?: string;
  hex?: string;
}

const SIGNATURES: Signature[] = [
  { type: 'image/png', hex: '89504e470d0a1a0a' },
  { type: 'image/jpeg', hex: 'ffd8ff' },
  { type: 'image/gif', text: 'GIF87a' },
  { type: 'image/gif', text: 'GIF89a' },
  { type: 'application/pdf', text: '%PDF-' },
  { type: 'audio/mp3', text: 'ID3' },
  { type: 'audio/flac', text: 'fLaC' },
  { type: 'audio/ogg', text: 'OggS' },
  { type: 'video/webm', hex: '1a45dfa3' },
  { type: 'video/mpeg', hex: '000001ba' },
  { type: 'video/mpeg', hex: '000001b3' },
  { type: 'video/x-flv', text: 'FLV\x01' },
  { type: 'video/wmv', hex: '3026b2758e66cf11' },
];

const RIFF: { [name: string]: string } = { WEBP: 'image/webp', WAVE: 'audio/wav', 'AVI ': 'video/avi' };

/** Brands of ISO media files that are not MP4 video. */
const BRANDS: { [brand: string]: string } = {
  heic: 'image/heic',
  heix: 'image/heic',
  hevc: 'image/heic',
  mif1: 'image/heif',
  msf1: 'image/heif',
  avif: 'image/avif',
  qt: 'video/quicktime',
  '3gp4': 'video/3gpp',
  '3gp5': 'video/3gpp',
  '3gp6': 'video/3gpp',
  m4a: 'audio/mp4',
};

function ofName(names: { [name: string]: string }, name: string): SniffedType | undefined {
  const type = names[name];
  return type === undefined ? undefined : of(type);
}

function of(mimeType: string): SniffedType {
  const kind = mimeType === 'application/pdf' ? 'pdf' : (mimeType.split('/')[0] as MediaKind);
  return { kind, mimeType };
}
