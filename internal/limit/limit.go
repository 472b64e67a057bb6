// Package limit holds the bounds that the client, its sources, the formats and the command share.
package limit

// Document is the size of the largest document, in bytes and after decompression.
const Document = 64 << 20
