/** A Worker that answers nothing, in a place where the platform has a service. */
export default {
  fetch: () => new Response(null, { status: 501 }),
};
