/**
 * Whether a message, or a delta of one, carries part of an answer: text, a refusal, a tool call, reasoning, or
 * whatever field else a server puts it in.
 */
export function saysSomething(message: object): boolean {
  for (const field in message) {
    if (field === 'role') continue;
    const value = (message as Record<string, unknown>)[field];
    if (Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined && value !== '')
      return true;
  }
  return false;
}
