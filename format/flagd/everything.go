package flagd

import (
	"strings"

	"github.com/becketflags/becket"
)

// everything returns all data of the evaluation as an object.
func (e *evaluation) everything() datum {
	if e.inner {
		return e.data
	}
	members := map[string]datum{flagdName: e.properties(nil)}
	grouped := map[string]string{} // the map that contains each name in members
	e.subject.Entries(func(root, name string, path []string, v becket.Value) bool {
		top := root
		if root == "" {
			top = name
		}
		if owner, set := grouped[top]; !e.spend(8) || top == flagdName || set && (root == "" || owner != root) {
			return !e.failed
		}
		top = strings.Clone(top)
		grouped[top] = strings.Clone(root)
		if root == "" || name == root {
			members[top] = e.own(e.value(v, nil))
			return !e.failed
		}
		if path == nil {
			path = strings.Split(name[len(root)+1:], ".")
		} else {
			path = path[1:]
		}
		e.place(below(members, top), path, v)
		return !e.failed
	})
	if key := e.subject.Key(); key != "" {
		members[targetingKeyName] = e.own(e.text(key))
	}
	return object(members)
}

// rebuild makes an object from the entries of a map below a path.
func (e *evaluation) rebuild(root, full string) datum {
	var members map[string]datum // nil until there is a member
	e.subject.Entries(func(of, name string, path []string, v becket.Value) bool {
		if !e.spend(1) || of != root {
			return !e.failed
		}
		rest, under := namesUnder(full, name, path)
		if !under {
			return true
		}
		if members == nil {
			members = map[string]datum{}
		}
		e.place(members, rest, v)
		return !e.failed
	})
	if members == nil {
		return datum{}
	}
	return object(members)
}

// namesUnder returns the names from a path to an entry, and whether the entry is below the path.
func namesUnder(full, name string, path []string) (rest []string, under bool) {
	if path == nil {
		if len(name) <= len(full) || name[len(full)] != '.' || name[:len(full)] != full {
			return nil, false
		}
		return strings.Split(name[len(full)+1:], "."), true
	}
	for i, part := range path[:len(path)-1] {
		if !strings.HasPrefix(full, part) || strings.IndexByte(part, '.') >= 0 {
			return nil, false
		}
		if full = full[len(part):]; full == "" {
			return path[i+1:], true
		}
		if full[0] != '.' {
			return nil, false
		}
		full = full[1:]
	}
	return nil, false
}

// place stores an entry at a path. An entry that is already there is later in the subject, so it
// counts.
func (e *evaluation) place(members map[string]datum, names []string, v becket.Value) {
	for i, name := range names {
		if members == nil || !e.spend(8+len(name)/4) {
			return
		}
		name = strings.Clone(name)
		if i < len(names)-1 {
			members = below(members, name)
		} else if _, there := members[name]; !there {
			members[name] = e.own(e.value(v, nil))
		}
	}
}

// below returns the members of an object in members. It creates the object if necessary. It returns
// nil if the member is not an object.
func below(members map[string]datum, name string) map[string]datum {
	d, there := members[name]
	if !there {
		d = object(map[string]datum{})
		members[name] = d
	}
	if d.kind != kindObject {
		return nil
	}
	return d.more.members
}
