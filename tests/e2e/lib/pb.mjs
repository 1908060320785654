// SPDX-License-Identifier: MIT
// Just enough protobuf to write bodies by hand, well-formed or not.

export function varint (n) {
  const bytes = []
  let v = BigInt.asUintN(64, BigInt(n))
  for (; v > 0x7fn; v >>= 7n) bytes.push(Number(v & 0x7fn) | 0x80)
  bytes.push(Number(v))
  return Buffer.from(bytes)
}

export const tag = (field, wire) => varint((field << 3) | wire)
export const int = (field, n) => Buffer.concat([tag(field, 0), varint(n)])
export const fixed64 = (field, n) => {
  const b = Buffer.alloc(8)
  b.writeBigUInt64LE(BigInt(n))
  return Buffer.concat([tag(field, 1), b])
}
// Length-delimited: text, bytes, or the parts of a message.
export const len = (field, ...parts) => {
  const content = Buffer.concat(parts.map((p) => Buffer.from(p)))
  return Buffer.concat([tag(field, 2), varint(content.length), content])
}
export const hex = (text) => Buffer.from(text, 'hex')
