export function addRowsReference(x: Float64Array, row: Float64Array): Float64Array {
  return x.map((value, i) => value + (row[i % row.length] ?? Number.NaN))
}
