package becket

import "slices"

// Listen adds hooks to a client that runs already, such as one that a library was handed, and returns a function that takes them
// away again. They are called as those of [WithHooks] are and after them, for what happens from now on; one call may still be under
// way when stop returns. OnEvaluate is not called: New settles whether evaluations are listened to, so that they cost nothing
// where nobody does. On a nil or closed client, Listen does nothing.
func (c *Client) Listen(hooks Hooks) (stop func()) {
	if c == nil {
		return func() {}
	}
	added := &hooks
	c.notifier.add(added)
	return func() { c.notifier.remove(added) }
}

// add starts the goroutine if nobody listened so far.
func (n *notifier) add(hooks *Hooks) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.hooks = append(slices.Clip(n.hooks), hooks)
	if n.idle && !n.stopped {
		n.idle = false
		go n.run()
	}
}

func (n *notifier) remove(hooks *Hooks) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	var rest []*Hooks
	for _, h := range n.hooks {
		if h != hooks {
			rest = append(rest, h)
		}
	}
	n.hooks = rest
}

// listening returns the hooks as they are now.
func (n *notifier) listening() []*Hooks {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.hooks
}

// Redact returns a copy of a subject in which the values of private attributes are replaced by [Private]: what leaves the
// program may be made of it. The copy shares nothing with the subject. See [WithPrivateAttributes].
func (c *Client) Redact(subject Subject) Subject {
	if c == nil {
		return subject.clone()
	}
	return newPrivacy(c.config.private).clone(&subject)
}
