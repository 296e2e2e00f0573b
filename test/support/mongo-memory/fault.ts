import type { Document } from 'mongodb';

/** A command that a server refuses, by its code. */
export class CommandFault extends Error {
  readonly code: number;
  readonly codeName: string;

  constructor(code: number, codeName: string, message: string) {
    super(message);
    this.name = 'CommandFault';
    this.code = code;
    this.codeName = codeName;
  }
}

/** The answer that tells of a refusal. */
export function faultReply({ code, codeName, message }: CommandFault): Document {
  return { ok: 0, errmsg: message, code, codeName };
}

/** The refusal of a user without the right to do something. */
export function notAuthorized(command: string): Document {
  return faultReply(new CommandFault(13, 'Unauthorized', `not authorized to execute command ${command}`));
}
