/** Nothing: what a runtime costs without a Worker. */
export default { fetch: () => new Response('ok') };
