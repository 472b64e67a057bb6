package flagd

import (
	"fmt"
	"maps"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/wording"
)

// mostMetadata is the number of entries of the document's metadata that are kept. It is limited
// because every flag has these entries.
const mostMetadata = 100

// metadata reads texts, numbers, booleans and null. A null in a flag's metadata hides an entry of
// the document.
func (d *decoder) metadata(at place, below string, entries []rawMember) (map[string]any, error) {
	if len(entries) == 0 {
		return nil, nil //nolint:nilnil // none is no error
	}
	metadata := make(map[string]any, len(entries))
	for _, entry := range entries {
		value, err := parse(entry.raw)
		if err != nil {
			return nil, at.problem(below+wording.Below(entry.name), "not a flagd document: %v", err)
		}
		switch value.kind {
		case kindNumber:
			metadata[entry.name] = becket.NumberValue(value.number).Any()
		case kindList, kindObject, kindNull:
			metadata[entry.name] = nil
			d.warn(at, below+wording.Below(entry.name), "neither text, number nor boolean: it is left out")
		default:
			metadata[entry.name] = value.any()
		}
	}
	return metadata, nil
}

// digestMetadata returns a digest that does not depend on the order of the entries.
func (d *decoder) digestMetadata(metadata map[string]any) (sum uint64) {
	for name, value := range metadata {
		d.digester.Reset()
		d.digester.text(name)
		d.digester.text(fmt.Sprint(value))
		sum += d.digester.Sum64()
	}
	return sum
}

// overlay returns the document's metadata with a flag's metadata over it. It leaves out entries
// that are null in the end.
func overlay(shared, own map[string]any) map[string]any {
	merged := make(map[string]any, len(shared)+len(own))
	maps.Copy(merged, shared)
	maps.Copy(merged, own)
	maps.DeleteFunc(merged, func(_ string, value any) bool { return value == nil })
	return merged
}
