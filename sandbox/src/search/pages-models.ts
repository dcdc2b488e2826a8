/** Four lines for each page: title, address, date, text. */
export const modelPages = `
Attention Is All You Need
https://arxiv.org/abs/1706.03762
2017-06-12
This paper by Vaswani and others introduced the Transformer, a neural network made of attention alone, without recurrence or convolution. It was first shown on machine translation and is the basis of today's large language models.

Large language model
https://en.wikipedia.org/wiki/Large_language_model
2025-10-10
A large language model (LLM) is a neural network trained on much text to predict the next token. Most are transformers with billions of parameters, and are tuned afterwards to follow instructions.

Byte-pair encoding
https://en.wikipedia.org/wiki/Byte-pair_encoding
2025-09-12
Byte-pair encoding (BPE) builds the vocabulary of a tokenizer by merging the most frequent pairs again and again. A token of a language model is often a word or a part of one, about four characters of English text.

Language Models are Few-Shot Learners (GPT-3)
https://arxiv.org/abs/2005.14165
2020-05-28
The GPT-3 paper showed that a language model with 175 billion parameters can do new tasks from a few examples in its prompt, without training. This is called in-context or few-shot learning.

Retrieval-augmented generation
https://en.wikipedia.org/wiki/Retrieval-augmented_generation
2025-09-12
Retrieval-augmented generation (RAG) looks documents up first and puts them into the prompt, so that a language model answers from them. It makes answers more current and lets them cite sources.

Model Context Protocol
https://modelcontextprotocol.io/docs/getting-started/intro
2025-11-25
The Model Context Protocol (MCP) is an open standard by which AI applications use tools and data. A server offers tools, resources and prompts over JSON-RPC, by stdio or HTTP. Anthropic published it in November 2024.

Tool use with Claude
https://docs.claude.com/en/docs/agents-and-tools/tool-use/overview
2025-10-01
With tool use, also called function calling, a model answers with the name of a tool and arguments in JSON. The client runs the tool and sends the result back in a tool_result block.

Claude Code overview
https://docs.claude.com/en/docs/claude-code/overview
2025-10-01
Claude Code is a coding agent in the terminal: it reads a code base, edits files and runs commands. ANTHROPIC_BASE_URL and ANTHROPIC_AUTH_TOKEN point it to another gateway.

MiniMax-M2 on GitHub
https://github.com/MiniMax-AI/MiniMax-M2
2025-10-27
MiniMax-M2 is an open-weight mixture-of-experts language model for coding and agents with 230 billion parameters, of which 10 billion are active. Its thinking must be sent back in the history for best results.

MiniMax Open Platform documentation
https://platform.minimax.io/docs/guides/models-intro
2026-03-18
The MiniMax platform offers text, speech, video, image and music models over one API. Text models speak the Anthropic and the OpenAI format; speech is made by T2A, video by Hailuo.

LoRA: Low-Rank Adaptation
https://arxiv.org/abs/2106.09685
2021-06-17
LoRA fine-tunes a large model by training two small low-rank matrices beside each frozen weight matrix. It needs far less memory than full fine-tuning and adds no delay when it is merged.

Chain-of-thought prompting
https://arxiv.org/abs/2201.11903
2022-01-28
Chain-of-thought prompting lets a language model write intermediate steps before its answer, which helps with arithmetic and reasoning. Reasoning models are trained to do so on their own.

Mixture of experts
https://en.wikipedia.org/wiki/Mixture_of_experts
2025-09-12
A mixture of experts (MoE) is a network of many sub-networks of which a router picks a few for each token. The model can be large while each token costs little compute.

Hallucination (artificial intelligence)
https://en.wikipedia.org/wiki/Hallucination_(artificial_intelligence)
2025-09-12
A hallucination is an answer of an AI model that sounds right but is false or made up. Grounding in sources, tools and checks makes it rarer.

Diffusion model
https://en.wikipedia.org/wiki/Diffusion_model
2025-09-12
A diffusion model makes images or video from noise by removing a little noise in each of many steps. Stable Diffusion and many video models work in this way; a text encoder steers them by the prompt.

WaveNet
https://en.wikipedia.org/wiki/WaveNet
2025-05-03
WaveNet, by DeepMind in 2016, was the first neural network to make raw audio sample by sample for natural text-to-speech.

Backpropagation
https://en.wikipedia.org/wiki/Backpropagation
2025-08-30
Backpropagation computes how each weight of a neural network changes its error, by the chain rule from the output back. Gradient descent then moves the weights a little.

Word embedding
https://en.wikipedia.org/wiki/Word_embedding
2025-08-30
An embedding is a vector that stands for a word or text, so that similar meanings lie close together. Semantic search compares embeddings by cosine similarity; word2vec made them popular in 2013.

Okapi BM25
https://en.wikipedia.org/wiki/Okapi_BM25
2025-08-30
BM25 is a ranking function of search engines. It weighs how often the words of a query occur in a document against how rare they are and how long the document is.

Turing test
https://en.wikipedia.org/wiki/Turing_test
2025-08-30
The Turing test, proposed by Alan Turing in 1950, asks whether a machine's written conversation can be told from a human's. Turing called it the imitation game.

AlphaGo
https://en.wikipedia.org/wiki/AlphaGo
2025-08-30
AlphaGo by DeepMind beat Lee Sedol at Go by four games to one in March 2016. It joined deep neural networks with Monte Carlo tree search.

Prompt caching
https://docs.claude.com/en/docs/build-with-claude/prompt-caching
2025-10-01
Prompt caching keeps the beginning of a prompt on the server, so that later requests with the same prefix cost less and start faster. A cache_control block marks where the cached part ends.
`
