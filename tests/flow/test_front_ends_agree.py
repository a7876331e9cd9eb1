"""Both front ends must make the same bytes of whatever both can read."""

from __future__ import annotations

import textwrap

import msgspec
import pytest

from asynclint.flow.from_ast import lower_ast
from asynclint.flow.from_cst import lower_cst
from asynclint.flow.ir import decode_module, encode_module

ONE_LINE = r"""
# c
# c
x
x;
x; y;
a and b and c
(a and b) and c
a and (b and c)
a or b and c or d
not a and not b
a and b or c and d
a < b < c
a not in b
a is not b
a is b != c
print(x for x in y)
print((x for x in y))
f(*a, b, *c, d=1, **e, g=2, **h)
f(a:=1)
f(a)(b)[c].d
(f)(x)
((a)).b
(await x)
a[1]
a[1,]
a[1,2]
a[(1,2)]
a[1:2]
a[:]
a[::2]
a[1:2,3]
a[*b]
a[*b, c]
a[b, *c]
a[b:=1]
a[:,]
a[()]
a[...]
a[lambda: x]
a[1:2:3, ::]
a[*b,]
x = 1
x = y = 1
x, y = 1, 2
(x, y) = z
[x, *y] = z
*a, b = c
x = *a, b
x: int
x: int = 3
x.y: int
x += 1
x @= 1; x //= 2; x **= 3; x >>= 4; x <<= 5; x &= 1; x |= 1; x ^= 1; x %= 1; x -= 1; x *= 2; x /= 2
x = yield
x = yield y, z
x = yield from y
x: int = yield y
x += yield
x: tuple = 1, 2
del a
del a, b
del (a, b)
del (a), b
del a,
del (a,)
del [a, b]
del a.b, c[d]
del ()
del (a, b),
del((a))
return
def f(): return
def f(): return a, b
def f(): return *a, b
def f(): return (a)
raise
raise X
raise X from Y
raise(X)from(Y)
assert x
assert x, y
assert(x, y)
global a, b
import a
import a.b
import a.b as c
import a, b as c
import a . b
from a import b
from a import (b, c as d,)
from . import x
from .. import x
from ... import x
from .... import x
from .a.b import c
from ...a import *
from . . import x
from a import b; x
from a import (b) ; x
from .import x
from.import x
from ...x import(y)
if a: b
while a: b; c
for x in y: z
for x, in y: z
for x, y in z, w: v
for x in *a, b: pass
for x[0] in y: pass
for *a, b in c: pass
async   def   f(): pass
with a: b
with a as b: c
with a, b: c
with (a, b): c
with (a, b,): c
with (a as b, c): d
with (a as b, c,): d
with (a, b) as c: d
with (a): b
with (a) as b, (c): d
with (a), (b): c
with (yield a): b
with (a as b): c
with (a := b): c
with a() as (b, c): d
with a as b.c, d as e[0]: f
with ((a, b)): c
with (a, b), c: d
with (a, b).c: d
with (a, b) as c, d: e
with (a if b else c, d): e
lambda: x
lambda x, /, y=1, *a, z, w=2, **k: x
lambda *, x: y
lambda *a: (yield)
f = lambda: (lambda x: (yield x))
(lambda: x)
lambda x: x if x else y
lambda: (a, b)
lambda :x
def f(a, /, b: int = 1, *c: d, e: f = 2, g, **h: i) -> j: pass
def f(*, a): pass
def f(a, b, /): pass
def f(a=1, /, b=2): pass
def f(*args: *Ts): pass
def f(* args, ** kw): pass
def f(a:int=(1)): pass
def f()->(a): pass
class A: pass
class A(): pass
class A(*a, b): pass
def f(): pass;
def f(x=(yield)): pass
async def f(x=await y): pass
[x for x in y if z if w for v in u]
{x for x in y}
{x: y for x, y in z}
[[x for x in y] for y in z]
(x for x in y)
[*a, b]
{*a, b}
{**a, b: c}
{}
[]
()
(a,)
a,
a, b
{a, b,}
{a: b, **c, }
[x for x, in y]
[x for *a, b in c]
[(a, b) for c in d]
[lambda: x for x in y]
[x if y else z for x in y]
[x for x in a if b or c]
1
0
00
0x1F
0b11
0o17
1_000
9007199254740991
9007199254740992
99999999999999999999999
1.5
1e400
1e308
1_0.5e1_0
.5
5.
1j
1.5J
...
None
True
False
-1
not x
~x
+x
- - x
not not x
0xFFFFFFFFFFFFFFFFFFFF
-9007199254740992
1if 2else 3
0_0
0.0
1e-400
'a'
"a" "b"
b'a' b'c'
b'x'
r'\d'
'\d'
'\n\x41\u00e9\N{BULLET}'
u'x'
'\udc80'
'\ud83d\ude00'
R'\x' 'y\x41'
rb'\x'
Rb'\x' B''
'\0'
'\400'
''
''''''
'\\'
rb''
f''
f'a'
f'{x}'
f'{x.y(z)}'
'a' f'{x}'
f'{x}' 'a' f'{y}'
f'{x!r:>{w}}'
f'{x:{y}.{z}}'
f'{x=}'
f'{x = !r}'
f'{{{x}}}'
rf'{x}\d'
f'{f"{x}"}'
f'{"a" "b"}'
f'{[y for y in z]}'
f'{lambda_}{(lambda x: x)(1)}'
f'{a, b}'
f'{x:%Y-%m-%d}'
f'{a["b"]}{c}' + f'{d}'
g(f'{x.y}', z)
f'{x if y else z}'
f'{a:{b}}'
F'{x}'
fr'{x}' rf'{y}'
f'{x}' f'' 'z'
(f'{x.y}').z
f'{x.y}'.z
f'{*a, b}'
f'{yield_}'
f'{x:a{y.z}b{w}c}{v}'
f'{{}}'
f'{d[1:2]}'
f'{x!s}'
f'{ x }'
f'{{x}}{ {1: 2}[1] }'
f"{x:\n}"
f"\N{BULLET}{x}"
f'{a!r}' if b else f'{c}'
a if b else c
a if b else c if d else e
(a if b else c) if d else e
(x := 1)
(x := (y := 1))
[x := 1, 2]
if (x := f()): pass
while x := f(): pass
{x := 1}
a + b * c - d
a | b | c
a ** b ** c
-a ** -b
a @ b // c % d << e >> f & g ^ h
(a + b) + (c + d)
a + (b + c)
await_ + x
'%s' % a
'a' + 'b' + f'{c}'
def f(): return 1 # c
exec('x')
print(a, file=b)
async_ = 1
a.async_
x = lambda: (yield)
nonlocal_ = 1
print(*a, sep='')
a = b = c = d.e, f
*a, = b
for x in y: pass; z
x = not a in b
x = (yield)
x[a:b, c:d] = e
a.b.c.d = 1
a = b if c else d,
assert a, (b, c)
type(x)
x = {**a, **b}
x[y][z](w)(v).u
f(**{'a': 1})
f(x)(y for y in z)
f(a, *b, **c)
a if(b)else(c)
[i for i in(1,2)if(i)]
f'{'a'}'
f"{f"{x}"}"
f'{a['b']}'
f'{a:{b:{c}}}'
f'{"\n".join(x)}'
""".strip().splitlines()

SEPARATOR = "\n" + "-" * 8 + "\n"
BLOCKS = r"""
(a.
b
)
--------
f( # c
  a, # d
)
--------
def f():
  return(
 a)
--------
def f():
 nonlocal a, b
--------
if a: b
else: c
--------
if a:
  b
elif c:
  d
elif e:
  f
else:
  g
--------
if a:
  b
else:
  if c:
    d
--------
if a:
  b
else:
  if c:
    d
  e
--------
while a:
  b
else:
  c
--------
for (x) in (y): pass
else: pass
--------
async def f():
  async for x in y:
    pass
  else:
    pass
  async with a as b, c: pass
  await d
  [x async for x in y]
  return [await z for z in w]
--------
async \
 def \
 f(): pass
--------
class \
 A: pass
--------
with (a
, # c
 b): c
--------
try:
 a
except:
 b
--------
try:
 a
except A:
 b
except (B, C) as d:
 e
else:
 f
finally:
 g
--------
try:
 a
finally:
 b
--------
try:
 a
except* A as b:
 c
except *(B, C):
 d
--------
try: a
except(A)as b: c
--------
try:
 a
except*A: b
--------
match a:
 case 1: pass
--------
match a, b:
 case x, y: pass
--------
match *a, b:
 case [x, *y]: pass
 case (x, *_): pass
 case []: pass
 case (): pass
--------
match (a):
 case _: pass
--------
match a:
 case x: pass
--------
match a:
 case x if y: pass
 case _ as z: pass
 case (x as y): pass
 case ((x)): pass
 case (_) as y: pass
--------
match a:
 case 1 | 2 | 3: pass
 case -1: pass
 case 1+2j: pass
 case -1-2j: pass
 case 'a' 'b': pass
 case None | True | False: pass
 case b'x': pass
 case 1.5: pass
--------
match a:
 case {'a': x, b.c: y, **rest}: pass
 case {}: pass
 case {**r}: pass
 case {1: _}: pass
 case {-1: 2, None: 3}: pass
--------
match a:
 case A(): pass
 case a.B(x, y, z=w): pass
 case A(b=c, d=(e | f)): pass
 case A(x,): pass
 case A(1 as x, [y, z] as w): pass
--------
match a:
 case [x]: pass
 case (x,): pass
 case x,: pass
 case x, *y: pass
 case *x,: pass
 case str() | int() as z: pass
 case a.b.c: pass
 case (1 | 2) as x: pass
 case (x) if x: pass
 case 1 | _: pass
 case 1 | x: pass
--------
match = 1
case = 2
type = 3
match(a)
match[a]
print(type)
_ = 4
match.x
match, case = 1, 2
--------
def f():
  g = lambda: (yield)
--------
def f():
  g = lambda x=(yield): x
--------
def f(
  a, # c
  b,
): pass
--------
@a
@b.c(d)
def f(): pass
--------
@(yield)
def f(): pass
--------
@a
async def f(): pass
--------
class A:
  def f(self): pass
  class B:
    def g(self):
      def h(): pass
      class C:
        def i(): pass
--------
def f():
  if a:
    def g(): pass
  elif b:
    def g2(): pass
  else:
    class H: pass
  try:
    def i(): pass
  except E:
    def j(): pass
  else:
    def k(): pass
  finally:
    def l(): pass
  with a:
    def m(): pass
  for x in y:
    def n(): pass
  else:
    def o(): pass
  while a:
    def p(): pass
  else:
    def q(): pass
  match a:
    case 1:
      def r(): pass
--------
def f():
  global g
  def g(): pass
  class g:
    def h(): pass
--------
class A:
  global B
  class B: pass
--------
def f():
  x; y ;


# c
--------
def f():
  if a:
    b
  else:
    c;
--------
def f():
  try: a;
  except A: b;
--------
def f():
  match a:
    case 1: b;
--------
def f():
  with a: b;
--------
class A:
  def f(): x = ';';
--------
def f():
  def g():
    pass;
--------
def f():
  for x in y: a
  else: b;
--------
def f():
  while x: y;
--------
def f():
  yield
--------
def f():
  yield x
  await y
--------
def f():
  def g(): yield
--------
def f():
  class A:
    x = yield
--------
def f():
  return (yield x) + (yield from y)
--------
async def f():
  return (x async for x in y)
--------
async def f():
  return {x: y async for x in z if await w}
--------
async def f():
  f'{await x}'
--------
'''a
b'''
--------
'a\
b'
--------
('a'
 'b' # c
 'c')
--------
'''\
'''
--------
f'''{
x
}'''
--------
(
 f'{x.y}'
 f'{z.w()}'
)
--------
def f():
  f'{(yield x)}'
--------
f'''{a
.b}'''
--------
x = (
  a
  + b
)
--------
x = a + \
  b
--------
if x:
  pass

# c

  # d
--------
if x:
    pass
  # c
else:
    pass
--------
def f():
    '''doc'''
--------
def f():
    '''doc'''
    # c
--------
class A:

    x = 1
--------
if 1:
  x


  # c

y
--------
if x:
  y # c
--------
def f():


  # x
  a
--------
x = [

1,

]
--------
x = (  # c

  # d
  1
)
--------
if a: pass; pass ;
b
--------
if a:
  if b:
    c
d
--------
@a.b[c]
def f(): pass
--------
@a if b else c
def f(): pass
--------
f(
a=1
,
)
--------
type X = (a)
type = 1
--------
f'{x
}'
--------
f'{x # c
}'
--------
try:
 a
except A, B:
 c
--------
try:
 a
except* A, B:
 c
--------
try:
 a
except A, B, C,:
 c
--------
def f():
  x = 1
  def g():
    nonlocal x
--------
with open(a) as f, \
  open(b) as g:
  pass
""".strip().split(SEPARATOR)

VERBATIM = (
    "",
    "\n",
    "\n\n  # c\nx = 1  # d\n",
    "x = 1\r\ny = 2\r\n",
    "x = 1\ry = 2\r",
    "\x0cx = 1\n\x0cdef f():\n    pass\n",
    "def f():\n\x0c    pass\n",
    "def f():\n    pass\n\x0c\n",
    "def f():\n\tif x:\n\t\tpass\n\t# c\n  # d\n# e\ny",
    "def\tf(): pass",
    "def \\\r\n f(): pass",
    "def f():\n  try: a\n  finally: b ; \n",
    "'''a\r\nb\rc'''",
    "r'''a\r\nb'''",
    "'a\\\r\nb'",
    "'''a\\\r\nb\\\rc'''",
    "'\xe9' '\xfc'",
    '"""a\\"""b"""',
    "'\t\x0c'",
    "f'\xe9{x}'; y",
    "\xe9 = 1\n\xfc.\xf6(\xe4)\n",
    "x = '\xe9'; y = z\n",
    "# \xe9\nfoo(bar)",
    "\ufb01 = 1",
    "\ufb01.\ufb01(\ufb01=\ufb01)",
    "def \ufb01(\ufb01: \ufb01) -> \ufb01: pass",
    "import \ufb01.\ufb01 as \ufb01",
    "from \ufb01 import \ufb01",
    "class \ufb01: pass",
    "def f():\n  global \ufb01",
    "try: pass\nexcept A as \ufb01: pass",
    "match x:\n case \ufb01: pass\n case {**\ufb01}: pass\n case A(\ufb01=y): pass\n case [*\ufb01]: pass",
    "lambda \ufb01: \ufb01",
    "\U0001d518\U0001d52b = 1",
    "\xaa = 1",
    "x = '\u2028'; y\nz",
    "x = '\x85'; y\nz",
    "x = '''\x0c\x1c\x1d\u2029'''\ny",
    "# \u2028 \x0c \x85\nx",
    "# -*- coding: latin-1 -*-\nx = '\xe9'; y",
    "  \n\t\nx",
    "x\n  ",
    "x = 1 \\\n\n",
    "\\\nx",
    "x = 1 \\\n\n",
    "\\\nx",
    "if x:\n    a\n\t\n    b\n",
    "def f():\n  a\n \n  b\n",
    "if True:\n\tx\n\n\ty\n",
    "class A: x = 1; y = 2; ",
    "type \ufb01 = int",
)
"""Where the line ends, white space or characters beyond ASCII matter."""

LENGTHS = tuple(
    f"'{character * length}'" for character in ("x", r"\x41", "\u00e9", "\U0001f600") for length in (120, 121)
)

NEW_SYNTAX = r"""
def f[T](x: T) -> T: pass
class A[T: int, *Ts, **P](B): pass
type X = int
type X[T] = list[T]
type X[T: (int, str)] = T | None; y
type X = (a) ; y ;
def f(): type X = a;
def f[T = int](): pass
class A[*Ts = *tuple[int]]: pass
async def f[**P](): pass
f'{x!r:{'a'}}'
t'{x}'
t'{x!r:{w}}'
t''
rt'\d{x}'
[*x for x in y]
{**x for x in y}
{*x for x in y}
f(*x for x in y)
(*x for x in y)
lazy import a
lazy import a.b as c, d
lazy from a import b
lazy = 1; lazy.x
""".strip().splitlines()

NEW_BLOCKS = r"""
try:
 a
except A, B:
 c
--------
try:
 a
except* A, B:
 c
--------
try:
 a
except A, B, C,:
 c
--------
f'{x
}'
--------
f'{x # c
}'
--------
class A[T]:
  type B[*Ts] = tuple[*Ts]
  def f[**P](self, *a: P.args): pass
""".strip().split(SEPARATOR)
"""What the oldest supported interpreter does not read."""

ONLY_AST = ("(x): int = 3", "class A(B, metaclass=C, *D): pass", "x = yield(lambda: x)")
"""What libcst 1.9 does not read."""

CONTEXTS = (
    "({})",
    "x = [{}]",
    "f({}, a={})",
    "\u00e9({}).b[{}]",
    "not ({}) + ({})",
    "({}) and ({}) and (({}) or ({}))",
    "a if ({}) else ({})",
    "(({}), *({}))",
    "{{({}): ({}), **({})}}",
    "lambda a=({}): ({})",
    "[({}) for a in ({}) if ({})]",
    "x[({}):({}), ({})]",
    "@({})\ndef f(a=({}), *b: ({})) -> ({}): pass",
    "class A(({}), m=({})): x: ({}) = ({})",
    "with ({}) as a, ({}): pass",
    "match ({}):\n  case a if ({}): pass",
    "for a in ({}): pass",
    "async def f():\n  async for a in b:\n    await ({})\n  return ({});",
    "try:\n  raise ({}) from ({})\nexcept ({}): pass",
    "if ({}): pass\nelif ({}): pass",
    "assert ({}), ({})",
)


def assert_agree(text: str) -> None:
    reference = encode_module(lower_cst(text))
    fast = encode_module(lower_ast(text))
    if reference != fast:
        assert msgspec.msgpack.decode(reference) == msgspec.msgpack.decode(fast)
        pytest.fail("the same but for the type of a value")


def is_read_by_ast(text: str) -> bool:
    try:
        lower_ast(text)
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("text", [*ONE_LINE, *BLOCKS, *VERBATIM, *LENGTHS])
def test_same_bytes(text: str) -> None:
    if not is_read_by_ast(text):
        pytest.skip("newer than the running interpreter")
    assert_agree(text)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("text", ["\n".join(ONE_LINE), *BLOCKS], ids=lambda text: text[:30])
def test_same_bytes_with_any_line_ends(text: str, newline: str) -> None:
    kept = [line for line in text.splitlines() if is_read_by_ast(line)] if text not in BLOCKS else text.splitlines()
    text = newline.join([*kept, ""])
    if not is_read_by_ast(text):
        pytest.skip("newer than the running interpreter")
    assert_agree(text)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda text: text[:30])
def test_same_bytes_when_nested(block: str) -> None:
    text = (
        "class A:\n  async def f(self):\n" + textwrap.indent(block, "    ") + " ;" * block.endswith("pass") + "\n# end"
    )
    if not is_read_by_ast(text):
        pytest.skip("newer than the running interpreter, or not allowed here")
    assert_agree(text)


@pytest.mark.parametrize("context", CONTEXTS)
def test_same_bytes_of_expressions_in_context(context: str) -> None:
    texts = (context.format(*[expression] * 4) for expression in ONE_LINE if is_read_by_ast(f"({expression})"))
    assert_agree("\n".join(filter(is_read_by_ast, texts)))


def test_same_bytes_of_expressions_in_templates() -> None:
    expressions = (expression for expression in ONE_LINE if not set(expression) & set("'\"\\#"))
    texts = (f"g(f'a{{({expression})!r:>{{w.x}}}}' 'b', c)" for expression in expressions)
    assert_agree("\n".join(filter(is_read_by_ast, texts)))


@pytest.mark.parametrize("text", [*NEW_SYNTAX, *NEW_BLOCKS])
def test_new_syntax_is_read_by_the_reference(text: str) -> None:
    if is_read_by_ast(text):
        assert_agree(text)
    else:
        module = encode_module(lower_cst(text))
        assert encode_module(decode_module(module)) == module


@pytest.mark.parametrize("text", ONLY_AST)
def test_libcst_still_does_not_read_this(text: str) -> None:
    """When one of these fails, libcst has learnt it: move the text to the others."""
    lower_ast(text)
    with pytest.raises(Exception):  # noqa: B017, PT011 - it is a different type for each
        lower_cst(text)
