// Package limit holds the limits that the client, its sources, the formats and the command share.
package limit

// Document is the greatest size of a document in bytes, after decompression.
const Document = 64 << 20
