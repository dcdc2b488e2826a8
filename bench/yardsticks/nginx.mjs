// Configurations for nginx as the upstream and as a pass-through proxy: one worker each, like one core of Node.

/**
 * Answers `text` to every request, after it has read the whole body. A bare `return` would answer before the body is
 * here, which no engine does, and clients rightly drop such a connection. So `mirror` reads it, nothing is found, and the
 * error page is the answer.
 */
export function fixedAnswer(port, text) {
  return around(`
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root nothing-here;
    location / { mirror /read; error_page 403 404 405 =200 @answer; }
    location = /read { internal; return 204; }
    location @answer { default_type application/json; return 200 '${text}'; }
  }`)
}

/** Passes everything on unbuffered, as a proxy in front of streams must. `ports`: one pair for each upstream. */
export function passThrough(ports) {
  return around(ports.map(passThroughServer).join('\n'))
}

function passThroughServer([port, upstreamPort]) {
  return `
  upstream to_${upstreamPort} { server 127.0.0.1:${upstreamPort}; keepalive 512; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://to_${upstreamPort};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_request_buffering off;
    }
  }`
}

function around(servers) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'].map(
    (name) => `${name}_temp_path ${name};`,
  )
  return `worker_processes 1;
pid nginx.pid;
daemon off;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  log_not_found off;
  keepalive_requests 100000000;
  client_max_body_size 64m;
  client_body_buffer_size 4m;
  ${temporary.join(' ')}
${servers}
}
`
}
