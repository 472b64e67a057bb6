package openfeature

import (
	"maps"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/becketflags/becket"
	of "github.com/open-feature/go-sdk/openfeature"
)

// Keys of flag metadata that the provider sets itself. OpenFeature's telemetry reads the first
// three.
const (
	MetaVersion   = "version"   // the ruleset's revision, as text
	MetaFlagSetID = "flagSetId" // the ruleset's environment; absent if it has none
	MetaContextID = "contextId" // [becket.Private] if the targeting key is private, or else absent
	MetaOwner     = "owner"     // the flag's owner; absent if it has none
	MetaRule      = "rule"      // the name of the rule that applied; absent if none applied
	MetaTier      = "tier"      // "network", "disk", "bootstrap" or "defaults"
)

// displaced is the prefix for a flag's own metadata under a name that the provider uses itself.
const displaced = "metadata."

// maxMetadata limits the metadata that is kept for one ruleset. A format of the program may return
// any number of rule names.
const maxMetadata = 10_000

// metadataKey is everything that metadata depends on within one ruleset. Flags and rules are few,
// but callers can make up any number of keys, so an unknown flag has the key "".
type metadataKey struct{ flag, rule string }

// metadataCache keeps flag metadata, up to [maxMetadata] entries, because creating it would cost
// more than the evaluation. Its results are shared; the SDK clones them before it returns them.
type metadataCache struct {
	current atomic.Pointer[rulesetMetadata]
}

// rulesetMetadata is the metadata of one ruleset's flags. Each flag's metadata is created at the
// first request.
type rulesetMetadata struct {
	ruleset uint64
	mutex   sync.RWMutex
	flags   map[metadataKey]of.FlagMetadata
}

func (c *metadataCache) of(client *becket.Client, view becket.View, key metadataKey) of.FlagMetadata {
	m := c.current.Load()
	if id := view.RulesetID(); m == nil || m.ruleset != id {
		m = &rulesetMetadata{ruleset: id, flags: map[metadataKey]of.FlagMetadata{}}
		c.current.Store(m)
	}
	m.mutex.RLock()
	metadata, ok := m.flags[key]
	m.mutex.RUnlock()
	if ok {
		return metadata
	}
	metadata = newMetadata(client, view, key)
	m.mutex.Lock()
	if len(m.flags) < maxMetadata {
		m.flags[key] = metadata
	}
	m.mutex.Unlock()
	return metadata
}

func newMetadata(client *becket.Client, view becket.View, key metadataKey) of.FlagMetadata {
	metadata := of.FlagMetadata{}
	info, _ := view.Flag(key.flag)
	maps.Copy(metadata, info.Metadata)
	set := func(name, value string) {
		if value == "" {
			return
		}
		if own, ok := metadata[name]; ok {
			metadata[displaced+name] = own
		}
		metadata[name] = value
	}
	if view.Tier() != becket.TierDefaults {
		set(MetaVersion, strconv.FormatInt(view.Revision(), 10))
	}
	set(MetaFlagSetID, view.Environment())
	set(MetaOwner, info.Owner)
	set(MetaRule, key.rule)
	set(MetaTier, view.Tier().String())
	if hiddenKey(client) != nil {
		set(MetaContextID, becket.Private)
	}
	return metadata
}

// hiddenKey returns metadata that tells OpenFeature's telemetry the replacement for a private key.
// It returns nil if the key is not private.
func hiddenKey(client *becket.Client) of.FlagMetadata {
	if client.Redact(becket.NewSubject("probe")).Key() != becket.Private {
		return nil
	}
	return of.FlagMetadata{MetaContextID: becket.Private}
}
