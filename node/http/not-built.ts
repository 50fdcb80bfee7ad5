/**
 * What `/` shows on a checkout whose dashboard was not built: what to do, in a page that needs nothing.
 */
export const NOT_BUILT_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>CyxWiz: the dashboard is not built</title>
    <style>
      body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto; padding: 0 1.5rem; }
      code { font: 0.95em ui-monospace, monospace; padding: 0.1em 0.35em; border: 1px solid; border-radius: 4px; }
    </style>
  </head>
  <body>
    <main>
      <h1>The dashboard is not built</h1>
      <p>This peer runs, but the page that belongs here is missing. Build it in the folder of CyxWiz, then reload:</p>
      <p><code>npm run build</code></p>
      <p>Until then: <a href="/api/mesh">/api/mesh</a>, <a href="/health">/health</a>, <a href="/metrics">/metrics</a>,
      and <code>cyxwiz jobs</code> on a terminal.</p>
    </main>
  </body>
</html>
`
