package flagd

import (
	"encoding/json"
	"hash/maphash"
)

var digestSeed = maphash.MakeSeed()

// digest tells definitions apart within one process. Names are in order in what encoding/json writes, so that the order in the
// document does not count.
func digest(definition any) uint64 {
	written, _ := json.Marshal(definition)
	return maphash.Bytes(digestSeed, written)
}
