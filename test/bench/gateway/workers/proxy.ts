import { Hono } from 'hono';

/** The least a gateway can do: read the request, send it on, hand the answer back. The floor to compare with. */
const app = new Hono<{ Bindings: { UPSTREAM: string } }>();

app.get('/healthz', (call) => call.text('ok'));

app.post('/v1/chat/completions', async (call) => {
  const body = await call.req.text();
  JSON.parse(body);
  const answer = await fetch(`${call.env.UPSTREAM}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return new Response(answer.body, answer);
});

export default app;
