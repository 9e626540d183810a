/** Cloudflare's rate limit binding: it counts at the location it is asked at, which costs no way to anywhere. */
export interface RateLimit {
  limit(asked: { readonly key: string }): Promise<{ readonly success: boolean }>;
}
