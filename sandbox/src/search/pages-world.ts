/** Four lines for each page: title, address, date, text. */
export const worldPages = `
Speed of light
https://en.wikipedia.org/wiki/Speed_of_light
2025-09-15
The speed of light in vacuum is exactly 299,792,458 metres per second. Nothing that carries information is faster. Light from the Sun reaches the Earth in about 8 minutes and 20 seconds.

General relativity
https://en.wikipedia.org/wiki/General_relativity
2025-09-15
General relativity is Albert Einstein's theory of gravity, published in 1915: mass and energy curve space and time. It explains the orbit of Mercury, gravitational lenses and gravitational waves.

Black hole
https://en.wikipedia.org/wiki/Black_hole
2025-09-15
A black hole is a region whose gravity is so strong that not even light escapes. The first image of one, in the galaxy M87, was shown in April 2019.

Solar System
https://en.wikipedia.org/wiki/Solar_System
2025-09-15
The Solar System has eight planets: Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus and Neptune. Jupiter is the largest. Pluto has counted as a dwarf planet since 2006.

Moon
https://science.nasa.gov/moon/facts/
2025-06-02
The Moon is the Earth's only natural satellite, about 384,400 kilometres away. Apollo 11 landed there on 20 July 1969 with Neil Armstrong and Buzz Aldrin.

Mars
https://science.nasa.gov/mars/facts/
2025-06-02
Mars is the fourth planet from the Sun, red from iron oxide. A day there lasts 24 hours and 37 minutes, a year 687 Earth days. Olympus Mons is the tallest volcano known in the Solar System.

Photosynthesis
https://en.wikipedia.org/wiki/Photosynthesis
2025-08-20
Photosynthesis is how plants, algae and some bacteria turn light, water and carbon dioxide into sugar and oxygen. Chlorophyll, which is green, takes up the light.

DNA
https://en.wikipedia.org/wiki/DNA
2025-08-20
DNA carries the genetic instructions of living things in a double helix of the bases adenine, thymine, guanine and cytosine. Watson and Crick described its structure in 1953, with data by Rosalind Franklin.

Evolution
https://en.wikipedia.org/wiki/Evolution
2025-08-20
Evolution is the change of inherited traits of populations over generations. Charles Darwin explained it by natural selection in On the Origin of Species in 1859.

Periodic table
https://en.wikipedia.org/wiki/Periodic_table
2025-08-20
The periodic table orders the 118 known chemical elements by atomic number. Dmitri Mendeleev published his in 1869. Hydrogen is the first element, helium the second.

Properties of water
https://en.wikipedia.org/wiki/Properties_of_water
2025-08-20
Water is H2O. It boils at 100 °C and freezes at 0 °C at sea level, and is densest at 4 °C, which is why ice floats.

Entropy
https://en.wikipedia.org/wiki/Entropy
2025-08-20
Entropy measures disorder, or how many microscopic states look the same from outside. By the second law of thermodynamics it never falls in a closed system.

Pi
https://en.wikipedia.org/wiki/Pi
2025-08-20
Pi is the ratio of a circle's circumference to its diameter, about 3.14159. It is irrational, so its decimals neither end nor repeat. Pi Day is 14 March.

Prime number
https://en.wikipedia.org/wiki/Prime_number
2025-08-20
A prime number is a whole number above 1 that only 1 and itself divide: 2, 3, 5, 7, 11 and so on. Euclid proved that there are infinitely many. The sieve of Eratosthenes finds them.

Fibonacci sequence
https://en.wikipedia.org/wiki/Fibonacci_sequence
2025-08-20
In the Fibonacci sequence each number is the sum of the two before it: 0, 1, 1, 2, 3, 5, 8, 13. The ratio of neighbours comes near the golden ratio, about 1.618.

Pythagorean theorem
https://en.wikipedia.org/wiki/Pythagorean_theorem
2025-08-20
In a right triangle the square of the hypotenuse equals the sum of the squares of the other two sides: a² + b² = c².

Climate change
https://www.ipcc.ch/report/ar6/syr/
2023-03-20
The sixth assessment report of the IPCC says that human greenhouse gas emissions have warmed the Earth by about 1.1 °C over 1850–1900. The Paris Agreement aims to keep warming well below 2 °C.

Paris
https://en.wikipedia.org/wiki/Paris
2025-09-01
Paris is the capital of France and lies on the Seine. The Eiffel Tower was built for the world's fair of 1889; the Louvre is the most visited museum of the world.

Berlin
https://en.wikipedia.org/wiki/Berlin
2025-09-01
Berlin is the capital and largest city of Germany, with about 3.8 million people. The Berlin Wall stood from 1961 to 1989.

London
https://en.wikipedia.org/wiki/London
2025-09-01
London is the capital of the United Kingdom and lies on the Thames. The prime meridian runs through Greenwich; the Underground, opened in 1863, is the oldest metro.

Tokyo
https://en.wikipedia.org/wiki/Tokyo
2025-09-01
Tokyo is the capital of Japan, with about 14 million people in the city and more than 35 million in the metropolitan area, one of the largest of the world. Until 1868 it was called Edo.

Beijing
https://en.wikipedia.org/wiki/Beijing
2025-09-01
Beijing is the capital of China, with about 22 million people. The Forbidden City was the palace of the emperors of the Ming and Qing dynasties.

Shanghai
https://en.wikipedia.org/wiki/Shanghai
2025-09-01
Shanghai is the largest city of China by urban population and lies at the mouth of the Yangtze. Shanghai Tower, 632 metres high, is the tallest building of the country. The AI company MiniMax has its seat there.

Singapore
https://en.wikipedia.org/wiki/Singapore
2025-09-01
Singapore is a city state and island country in Southeast Asia with about 6 million people. Its official languages are English, Malay, Mandarin and Tamil.

Washington, D.C.
https://en.wikipedia.org/wiki/Washington,_D.C.
2025-09-01
Washington, D.C. is the capital of the United States, founded in 1790 on the Potomac. The Capitol, the White House and the Supreme Court stand there.

Canberra
https://en.wikipedia.org/wiki/Canberra
2025-09-01
Canberra is the capital of Australia, chosen in 1908 as a compromise between Sydney and Melbourne. Sydney is the country's largest city.

Mount Everest
https://en.wikipedia.org/wiki/Mount_Everest
2025-09-01
Mount Everest in the Himalayas, between Nepal and China, is the highest mountain above sea level: 8,848.86 metres. Edmund Hillary and Tenzing Norgay reached the top first on 29 May 1953.

Nile
https://en.wikipedia.org/wiki/Nile
2025-09-01
The Nile in Africa, about 6,650 kilometres long, is usually called the longest river of the world; the Amazon carries the most water.

Pacific Ocean
https://en.wikipedia.org/wiki/Pacific_Ocean
2025-09-01
The Pacific is the largest and deepest ocean. The Challenger Deep in the Mariana Trench is about 10,900 metres below the surface.

Sahara
https://en.wikipedia.org/wiki/Sahara
2025-09-01
The Sahara in northern Africa is the largest hot desert, about 9 million square kilometres. Only the Antarctic and the Arctic deserts are larger.

Great Wall of China
https://en.wikipedia.org/wiki/Great_Wall_of_China
2025-09-01
The Great Wall of China is a series of fortifications built over two thousand years; all its parts together measure about 21,000 kilometres. It cannot be seen from the Moon with the naked eye.

Coordinated Universal Time
https://en.wikipedia.org/wiki/Coordinated_Universal_Time
2025-09-01
Coordinated Universal Time (UTC) is the standard by which the world sets its clocks. Time zones are offsets of it: China and Singapore are UTC+8, Japan UTC+9, New York UTC−5 or UTC−4 in summer. Unix time counts seconds since 1 January 1970 UTC.
`
