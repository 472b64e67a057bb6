package openfeature

import (
	"maps"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/becketflags/becket"
	of "github.com/open-feature/go-sdk/openfeature"
)

// The keys of flag metadata that the provider sets itself; the first three are those that OpenFeature's telemetry reads.
const (
	MetaVersion   = "version"   // revision of the ruleset, as text
	MetaFlagSetID = "flagSetId" // environment of the ruleset; absent where it names none
	MetaContextID = "contextId" // [becket.Private], where the targeting key is private; else absent
	MetaOwner     = "owner"     // absent where the flag names none
	MetaRule      = "rule"      // name of the rule that applied; absent where none did
	MetaTier      = "tier"      // where the ruleset came from: "network", "disk", "bootstrap" or "defaults"
)

// displaced stands before a name of the flag's own metadata that the provider uses itself.
const displaced = "metadata."

// maxMetadata bounds how much metadata is kept for one ruleset. Rules of a program's own format may name any number of rules.
const maxMetadata = 10_000

// metadataKey is all that metadata depends on within one ruleset. Flags and rules are few; what a caller makes up is not: a
// flag that is not there has the key "".
type metadataKey struct{ flag, rule string }

// metadataCache keeps flag metadata, up to [maxMetadata], since making it anew would cost more than the evaluation. What it returns is shared: the SDK
// clones it before it hands it out.
type metadataCache struct {
	current atomic.Pointer[rulesetMetadata]
}

// rulesetMetadata is the metadata of one ruleset's flags, made when they are first asked for.
type rulesetMetadata struct {
	ruleset becket.RulesetID
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

// hiddenKey returns the metadata that tells OpenFeature's telemetry what to write in the place of a private key, nil for a key that
// is not private.
func hiddenKey(client *becket.Client) of.FlagMetadata {
	if client.Redact(becket.NewSubject("probe")).Key() != becket.Private {
		return nil
	}
	return of.FlagMetadata{MetaContextID: becket.Private}
}
