package edit

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket/internal/native"
)

// model makes the change in a compact JSON document. It knows nothing of texts and their layout: it
// states which values the changed text must hold.
func (c *Change) model(document jsontext.Value) (jsontext.Value, error) {
	if len(c.path) == 0 {
		if c.do != set {
			return nil, errors.New("the whole document can only be replaced")
		}
		return compact(c.value)
	}
	above, last := c.path.last()
	w := native.Written{Raw: document}
	for i, step := range above {
		var err error
		if w, err = below(w, step, c.path[:i+1]); err != nil {
			return nil, err
		}
	}
	parts, isObject := partsOf(w)
	parts, err := c.edited(parts, isObject, last)
	if err != nil {
		return nil, err
	}
	return compact(slices.Concat(document[:w.At], written(parts, isObject), document[w.At+len(w.Raw):]))
}

// below returns the member or the element that a step leads to.
func below(w native.Written, step any, path Path) (found native.Written, err error) {
	switch s := step.(type) {
	case string:
		for name, value := range w.Fields() {
			if name == s && found.IsThere() {
				return found, twice(path)
			}
			if name == s {
				found = value
			}
		}
	case int:
		i := 0
		for element := range w.Elements() {
			if i == s {
				found = element
			}
			i++
		}
	}
	if !found.IsThere() {
		return found, notThere(path)
	}
	return found, nil
}

func twice(path Path) error { return fmt.Errorf("%s occurs twice: remove one of the two first", path) }

// part is a member or an element.
type part struct {
	name  string
	value jsontext.Value
}

func partsOf(w native.Written) (parts []part, isObject bool) {
	for name, value := range w.Fields() {
		parts = append(parts, part{name, value.Raw})
	}
	for value := range w.Elements() {
		parts = append(parts, part{"", value.Raw})
	}
	return parts, w.Raw[0] == '{'
}

func written(parts []part, isObject bool) jsontext.Value {
	if isObject {
		members := make([]Member, len(parts))
		for i, p := range parts {
			members[i] = Member{p.name, p.value}
		}
		return Object(members...)
	}
	values := make([]jsontext.Value, len(parts))
	for i, p := range parts {
		values[i] = p.value
	}
	return Array(values...)
}

// edited returns the parts of an object or an array with the change.
func (c *Change) edited(parts []part, isObject bool, last any) ([]part, error) {
	names := make([]string, len(parts))
	for i := range parts {
		names[i] = parts[i].name
	}
	i, there, err := c.index(names, isObject, last)
	switch {
	case err != nil:
		return nil, err
	case c.do == rename && slices.Contains(names, c.name):
		above, _ := c.path.last()
		return nil, fmt.Errorf("there already is %s", above.Add(c.name))
	case c.do == insert || !there:
		name, _ := last.(string)
		return slices.Insert(parts, i, part{name, c.value}), nil
	case c.do == set:
		parts[i].value = c.value
	case c.do == remove:
		return slices.Delete(parts, i, i+1), nil
	case c.do == rename:
		parts[i].name = c.name
	}
	return parts, nil
}

// index returns the index of the part that a change is about and whether it is there. If it is not,
// the index is that of the new part. For an array, names only counts the elements.
func (c *Change) index(names []string, isObject bool, last any) (i int, there bool, err error) {
	if index, ok := last.(int); ok {
		there := index < len(names)
		isEnd := c.do == insert && index == len(names)
		if isObject || index < 0 || !there && !isEnd || c.do == rename {
			return 0, false, notThere(c.path)
		}
		return index, there, nil
	}
	name, _ := last.(string)
	i = slices.Index(names, name)
	switch {
	case !isObject || i < 0 && c.do != set || c.do == insert:
		return 0, false, notThere(c.path)
	case i >= 0 && slices.Contains(names[i+1:], name):
		return 0, false, twice(c.path)
	case i >= 0:
		return i, true, nil
	case c.after == nil:
		return len(names), false, nil
	}
	for at, name := range names {
		if slices.Contains(c.after, name) {
			i = at
		}
	}
	return i + 1, false, nil
}
