/** Facts about a PDF that its bytes show without decoding them. */
interface PdfFacts {
  /** Undefined where the pages are in compressed objects. */
  pages: number | undefined;
  isEncrypted: boolean;
}

/** Reads the pages and the encryption of a PDF from its plain objects. */
export function pdfFacts(bytes: Buffer): PdfFacts {
  const text = bytes.toString('latin1');
  const isEncrypted = /\/Encrypt\s+\d+\s+\d+\s+R\b/.test(text);
  const linear = /\/Linearized\b[^>]{0,200}?\/N\s+(\d+)/.exec(text)?.[1];
  if (linear !== undefined) return { pages: Number(linear), isEncrypted };
  if (/\/ObjStm\b/.test(text)) return { pages: undefined, isEncrypted };
  const pages = [...text.matchAll(/\/Type\s*\/Page(?![A-Za-z])/g)].length;
  return { pages: pages === 0 ? undefined : pages, isEncrypted };
}
