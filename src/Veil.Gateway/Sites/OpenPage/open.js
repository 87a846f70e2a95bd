"use strict";
(() => {
  const form = document.getElementById("form");
  const field = document.getElementById("key");
  const button = document.getElementById("open");
  const message = document.getElementById("message");
  const text = document.getElementById("text");
  const hint = document.getElementById("hint");
  const origin = /^http:\/\/(?:[a-z2-7]{32}|[a-z2-7]{56})\.veil\//;

  const show = (kind, said, advice) => {
    message.className = kind;
    message.hidden = said === "";
    text.textContent = said;
    hint.textContent = advice || "";
    hint.hidden = !advice;
  };

  // A pasted key may be wrapped over lines, or be a whole link.
  const clean = (pasted) => {
    let key = pasted.slice(pasted.indexOf("#") + 1);
    try {
      key = decodeURIComponent(key);
    } catch {
      // Not percent-encoded: the node says what is wrong with it.
    }
    return key.replace(/\s+/g, "");
  };

  const open = async (key) => {
    if (key === "") {
      show("bad", "There is no key in the field.", "A key begins with veil: and has 112 characters after it.");
      return;
    }
    button.disabled = true;
    show("busy", "Opening…", "The node is asking the stores for it. This can take some seconds.");
    try {
      const response = await fetch("/open", {
        method: "POST",
        headers: { "Content-Type": "text/plain;charset=UTF-8" },
        body: key,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
      });
      const answer = await response.json();
      if (response.ok && origin.test(answer.url)) {
        field.value = "";
        location.assign(answer.url);
        return;
      }
      const said = answer.error.message;
      show("bad", said.charAt(0).toUpperCase() + said.slice(1) + ".", answer.error.hint);
    } catch {
      show("bad", "The node did not answer.", "Is it still running? Try again.");
    }
    button.disabled = false;
    field.focus();
  };

  const takeFragment = () => {
    if (location.hash.length < 2) {
      return;
    }
    const key = clean(location.hash);
    history.replaceState(null, "", "/");
    field.value = key;
    open(key);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    open(clean(field.value));
  });
  window.addEventListener("hashchange", takeFragment);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      button.disabled = false;
      show("", "");
    }
  });
  takeFragment();
})();
