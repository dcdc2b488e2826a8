/** Four lines for each page: title, address, date, text. */
export const webPages = `
HTTP response status codes
https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Status
2025-07-04
HTTP response status codes say whether a request succeeded. They come in five classes: informational 100–199, success 200–299, redirection 300–399, client error 400–499 and server error 500–599. 404 Not Found and 500 Internal Server Error are the best known.

404 Not Found
https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Status/404
2025-07-04
The HTTP 404 Not Found status code means that the server cannot find the requested resource. Links that lead to a 404 page are called broken or dead links. A 404 says nothing about whether the resource is missing for a while or for good; 410 Gone says that.

429 Too Many Requests
https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Status/429
2025-07-04
The HTTP 429 Too Many Requests status code means that the client has sent too many requests in a given time; this is called rate limiting. A Retry-After header may say how long to wait before the next request. Clients usually retry with exponential backoff and jitter.

Retry-After header
https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Retry-After
2025-07-04
The Retry-After response header says how long a client should wait before it asks again. Its value is either a number of seconds or an HTTP date. It is sent with 503, 429 and redirects.

Cache-Control header
https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Cache-Control
2025-07-04
The Cache-Control header holds directives for caches in browsers and proxies. max-age=N keeps a response fresh for N seconds, no-cache asks the server before reuse, and no-store forbids to store the response at all.

Cross-Origin Resource Sharing (CORS)
https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS
2025-06-20
CORS lets a server say, with HTTP headers, which other origins may read its responses in a browser. For some requests the browser first sends a preflight OPTIONS request. The most important header is Access-Control-Allow-Origin.

HTTP cookies
https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Cookies
2025-06-20
A cookie is a small piece of data that a server sends with Set-Cookie and a browser sends back with later requests. Secure, HttpOnly and SameSite limit where a cookie goes and who may read it.

Using the Fetch API
https://developer.mozilla.org/en-US/docs/Web/API/Fetch_API/Using_Fetch
2025-06-11
fetch() makes HTTP requests from JavaScript and returns a promise of a Response. The promise rejects only when the request itself fails, not for a 404 or 500, so check response.ok. The body can be read as text(), json(), a stream and more.

Using server-sent events
https://developer.mozilla.org/en-US/docs/Web/API/Server-sent_events/Using_server-sent_events
2025-05-19
With server-sent events (SSE) a server pushes messages to a page over one HTTP response of type text/event-stream. Each event is lines of fields such as data: and event:, ended by a blank line. EventSource reconnects by itself when the connection is lost.

The WebSocket API
https://developer.mozilla.org/en-US/docs/Web/API/WebSockets_API
2025-05-19
WebSocket opens a two-way connection between a browser and a server, so that either may send at any time. It begins as an HTTP request with an Upgrade header. The protocol is RFC 6455.

AbortController
https://developer.mozilla.org/en-US/docs/Web/API/AbortController
2025-04-08
AbortController cancels web requests and other asynchronous work. Its signal is handed to fetch(), and abort() makes the promise reject with an AbortError. AbortSignal.timeout() aborts by itself after some milliseconds.

Promise
https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Promise
2025-06-05
A Promise stands for the result of asynchronous work: it is pending, fulfilled or rejected. then(), catch() and finally() add handlers. Promise.all() waits for all of several promises, Promise.race() for the first that settles.

async function
https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Statements/async_function
2025-06-05
An async function always returns a promise, and await inside it waits for another promise. Errors thrown inside become rejections and can be caught with try and catch.

Array.prototype.map()
https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Array/map
2025-07-10
The map() method of JavaScript arrays makes a new array from the results of calling a function on every element. It does not change the array it is called on. Use forEach() where no new array is wanted.

Array.prototype.reduce()
https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Array/reduce
2025-07-10
The reduce() method of JavaScript arrays runs a reducer function over the elements and gives a single value, for example a sum. Give it an initial value, or an empty array throws a TypeError.

Regular expressions in JavaScript
https://developer.mozilla.org/en-US/docs/Web/JavaScript/Guide/Regular_expressions
2025-06-24
A regular expression is a pattern that matches combinations of characters in strings. JavaScript writes it between slashes, as in /ab+c/, with flags such as g for global and i for ignoring case. test(), match() and replace() use it.

CSS flexible box layout
https://developer.mozilla.org/en-US/docs/Web/CSS/CSS_flexible_box_layout
2025-05-30
Flexbox lays items out in one dimension, a row or a column, and shares out the space between them. display: flex makes a container; justify-content and align-items align what is in it, for example to centre a div.

CSS grid layout
https://developer.mozilla.org/en-US/docs/Web/CSS/CSS_grid_layout
2025-05-30
CSS grid lays a page out in two dimensions, rows and columns. display: grid makes a container, and grid-template-columns gives the widths of its columns; fr is a share of the free space.

HTTP Semantics (RFC 9110)
https://www.rfc-editor.org/rfc/rfc9110
2022-06-01
RFC 9110 describes what all versions of HTTP have in common: methods, status codes and header fields. GET, HEAD, OPTIONS and TRACE are safe; PUT and DELETE are idempotent; POST is neither.

HTTP/3 (RFC 9114)
https://www.rfc-editor.org/rfc/rfc9114
2022-06-01
HTTP/3 carries HTTP over QUIC, a transport on UDP, instead of TCP. A lost packet then holds up only its own stream, and a connection survives a change of network.

HTTP/2 (RFC 9113)
https://www.rfc-editor.org/rfc/rfc9113
2022-06-01
HTTP/2 multiplexes many streams over one TCP connection and compresses headers with HPACK. It keeps the methods and status codes of HTTP/1.1.

TLS 1.3 (RFC 8446)
https://www.rfc-editor.org/rfc/rfc8446
2018-08-01
TLS encrypts traffic on the internet, for example HTTPS. Version 1.3 needs one round trip for its handshake and drops old ciphers.

The OAuth 2.0 Authorization Framework (RFC 6749)
https://www.rfc-editor.org/rfc/rfc6749
2012-10-01
OAuth 2.0 lets an application act for a user without knowing the password. The authorization code grant gives a code that is exchanged for an access token. Public clients add PKCE, RFC 7636, so that a stolen code is worth nothing.

JSON Web Token (RFC 7519)
https://www.rfc-editor.org/rfc/rfc7519
2015-05-01
A JSON Web Token (JWT) is a signed set of claims in three parts, header, payload and signature, joined by dots. The payload is only encoded in base64url, not encrypted, so no secrets belong in it.

The JSON data interchange format (RFC 8259)
https://www.rfc-editor.org/rfc/rfc8259
2017-12-01
JSON is a text format for structured data: objects, arrays, strings, numbers, true, false and null. Text exchanged between systems must be UTF-8. Comments and trailing commas are not allowed.

Domain Name System
https://en.wikipedia.org/wiki/Domain_Name_System
2025-08-14
The Domain Name System (DNS) translates names such as example.com to IP addresses. Records of type A hold IPv4 addresses, AAAA hold IPv6, MX name mail servers. Answers are cached for their time to live.

REST
https://en.wikipedia.org/wiki/REST
2025-08-14
REST is an architectural style for web services: resources have addresses, and stateless requests act on them with the methods of HTTP. Roy Fielding described it in his dissertation in 2000.

Introduction to GraphQL
https://graphql.org/learn/
2025-03-01
GraphQL is a query language for APIs in which the client names exactly the fields it wants. A server describes its data with a typed schema; mutations change data, subscriptions send updates.
`
