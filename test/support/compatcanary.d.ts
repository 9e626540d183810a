/** What is used of a package that comes without types. */
declare module 'compatcanary' {
  export function scanEndpoint(options: {
    readonly baseUrl: string;
    readonly model: string;
    /** `chat`: Chat Completions alone; `modern`: the Responses API as well. */
    readonly profile: 'chat' | 'modern';
    readonly timeoutMs?: number;
  }): Promise<{
    /** 0 to 100. */
    readonly score: number;
    readonly results: readonly { readonly id: string; readonly status: string; readonly summary: string }[];
  }>;
}
