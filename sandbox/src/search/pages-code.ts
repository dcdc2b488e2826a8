/** Four lines for each page: title, address, date, text. */
export const codePages = `
The TypeScript Handbook
https://www.typescriptlang.org/docs/handbook/intro.html
2025-05-12
TypeScript is JavaScript with static types: a compiler checks a program before it runs. Types are erased, so the output is plain JavaScript. The handbook explains everyday types, narrowing, generics and modules.

TypeScript: Narrowing
https://www.typescriptlang.org/docs/handbook/2/narrowing.html
2025-05-12
Narrowing is how TypeScript finds a more exact type from checks such as typeof, in, instanceof and equality. A discriminated union has a common field by which its members are told apart. The type never is what is left when all cases are handled.

TypeScript: Generics
https://www.typescriptlang.org/docs/handbook/2/generics.html
2025-05-12
Generics are types with parameters, so that a function such as identity<T>(value: T): T works for every type. A constraint, T extends U, says what a type parameter must have.

TSConfig reference: strict
https://www.typescriptlang.org/tsconfig/#strict
2025-05-12
The strict flag of tsconfig.json turns on a family of checks, among them strictNullChecks and noImplicitAny. noUncheckedIndexedAccess is not part of it and is turned on by itself.

Node.js: HTTP module
https://nodejs.org/api/http.html
2025-04-22
The node:http module makes HTTP servers and clients. http.createServer() takes a function of request and response. The timeouts are headersTimeout, requestTimeout and keepAliveTimeout.

Node.js: Stream
https://nodejs.org/api/stream.html
2025-04-22
A stream is data that arrives or leaves in pieces; Node.js has readable, writable, duplex and transform streams. Backpressure means waiting for drain when write() returns false. stream.pipeline() joins streams and cleans up after errors.

Node.js: Worker threads
https://nodejs.org/api/worker_threads.html
2025-04-22
The node:worker_threads module runs JavaScript in parallel threads. Workers are for work that needs much CPU; input and output is better left to the event loop. Messages are copied, ArrayBuffers can be transferred and a SharedArrayBuffer is shared.

Node.js: Test runner
https://nodejs.org/api/test.html
2025-04-22
The node:test module runs tests without any dependency: node --test finds and runs test files. It has subtests, hooks, mocks, coverage and watch mode.

Node.js releases
https://nodejs.org/en/about/previous-releases
2025-10-28
Even-numbered Node.js releases become long-term support (LTS) in October and are maintained for 30 months. Node.js 20 came out on 18 April 2023, Node.js 22 on 24 April 2024 and Node.js 24 on 6 May 2025.

Don't block the event loop
https://nodejs.org/en/learn/asynchronous-work/dont-block-the-event-loop
2025-04-22
Node.js runs JavaScript callbacks on one thread, the event loop. A callback that computes for long keeps every other client waiting, so heavy work belongs in worker threads or in small steps.

npm: package.json
https://docs.npmjs.com/cli/configuring-npm/package-json
2025-06-30
package.json describes a package: name, version, dependencies, scripts and engines. npm ci installs exactly what package-lock.json says and fails when both disagree.

Semantic Versioning 2.0.0
https://semver.org/
2013-06-18
Semantic versioning numbers releases MAJOR.MINOR.PATCH: incompatible changes raise MAJOR, new compatible functions MINOR, and fixes PATCH. A caret range such as ^1.2.3 allows everything below 2.0.0.

Quick start: React
https://react.dev/learn
2025-03-20
React is a JavaScript library for user interfaces made of components. Hooks such as useState and useEffect give state and effects to function components. JSX is the syntax for markup inside JavaScript.

Vite: Getting started
https://vite.dev/guide/
2025-06-24
Vite is a build tool for the web: a dev server that serves source over native ES modules with hot module replacement, and a bundler for production.

The Python tutorial
https://docs.python.org/3/tutorial/index.html
2025-10-07
Python is an interpreted, dynamically typed programming language with clear syntax. Blocks are marked by indentation. Lists, dictionaries, sets and tuples are built in, and a list comprehension makes a list in one line.

Python: asyncio
https://docs.python.org/3/library/asyncio.html
2025-10-07
asyncio is Python's library for concurrent code with async and await. asyncio.run() starts an event loop, gather() waits for several coroutines at once.

Python: venv
https://docs.python.org/3/library/venv.html
2025-10-07
python -m venv makes a virtual environment: a folder with its own Python packages, apart from the system's. Activate it with source bin/activate and install with pip.

The Rust Programming Language: Ownership
https://doc.rust-lang.org/book/ch04-01-what-is-ownership.html
2025-02-20
Ownership is how Rust manages memory without a garbage collector: each value has one owner and is dropped when its owner goes out of scope. References borrow a value, and the borrow checker makes sure that they never outlive it.

A Tour of Go: Goroutines
https://go.dev/tour/concurrency/1
2025-02-11
A goroutine is a lightweight thread of the Go runtime, started with the go statement. Goroutines talk over channels; select waits for several of them. Go, or Golang, was announced by Google in 2009.

C (programming language)
https://en.wikipedia.org/wiki/C_(programming_language)
2025-09-02
C is a programming language made by Dennis Ritchie at Bell Labs around 1972. Unix was rewritten in C in 1973, and most operating systems are still written in it.

SQLite: Write-ahead logging
https://www.sqlite.org/wal.html
2025-01-14
In WAL mode SQLite appends changes to a separate log instead of overwriting the database, so that readers and one writer do not block each other. A checkpoint moves the log back into the database file. PRAGMA journal_mode=WAL turns it on.

PostgreSQL: Indexes
https://www.postgresql.org/docs/current/indexes.html
2025-09-25
An index lets PostgreSQL find rows without reading the whole table. The default is a B-tree; GIN suits full-text search and JSONB. EXPLAIN shows whether a query uses an index.

PostgreSQL: SELECT
https://www.postgresql.org/docs/current/sql-select.html
2025-09-25
SELECT reads rows from tables in SQL. WHERE filters rows, JOIN combines tables, GROUP BY makes groups and HAVING filters them, ORDER BY sorts and LIMIT keeps the first.

Database transaction (ACID)
https://en.wikipedia.org/wiki/ACID
2025-07-21
ACID stands for atomicity, consistency, isolation and durability, the properties of a database transaction. Durability means that what is committed survives a crash.

Git: git-rebase
https://git-scm.com/docs/git-rebase
2025-06-16
git rebase puts the commits of a branch on top of another base, which gives a straight history. An interactive rebase, git rebase -i, reorders, squashes and edits commits. Never rebase commits that others already have.

Git: Undoing things
https://git-scm.com/book/en/v2/Git-Basics-Undoing-Things
2025-06-16
git commit --amend changes the last commit, git restore throws away changes in a file, git reset moves a branch back and git revert makes a new commit that undoes an old one.

Docker overview
https://docs.docker.com/get-started/docker-overview/
2025-05-06
Docker packs a program with all it needs into an image and runs it as a container. A Dockerfile describes how an image is built, layer by layer. docker compose starts several containers together.

Kubernetes: Pods
https://kubernetes.io/docs/concepts/workloads/pods/
2025-04-23
A pod is the smallest unit that Kubernetes runs: one or more containers that share a network address and storage. Deployments keep as many copies of a pod as you ask for.

Big O notation
https://en.wikipedia.org/wiki/Big_O_notation
2025-08-01
Big O notation says how the time or memory of an algorithm grows with the size n of its input. Looking a key up in a hash table takes O(1) on average, binary search O(log n), and a good sort O(n log n).

Binary search
https://en.wikipedia.org/wiki/Binary_search
2025-08-01
Binary search finds a value in a sorted array by halving the range in each step, in O(log n) time. The classic bug is an integer overflow when the middle is computed.

Quicksort
https://en.wikipedia.org/wiki/Quicksort
2025-08-01
Quicksort is a sorting algorithm by Tony Hoare, published in 1961. It splits an array around a pivot and sorts both parts; it takes O(n log n) on average and O(n²) at worst.

Hash table
https://en.wikipedia.org/wiki/Hash_table
2025-08-01
A hash table stores pairs of key and value at places computed by a hash function. Collisions are solved by chaining or by open addressing. Maps and dictionaries of most languages are hash tables.

UTF-8
https://en.wikipedia.org/wiki/UTF-8
2025-08-01
UTF-8 encodes every Unicode character in one to four bytes, and ASCII stays as it is. Ken Thompson and Rob Pike designed it in 1992; almost all web pages use it.

CommonMark
https://commonmark.org/help/
2024-01-28
CommonMark is a precise specification of Markdown, the plain-text format in which # makes a heading, * a list and backticks code.
`
