// Draws LINE's message objects. Text only ever becomes text nodes, so a message can carry no markup.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") Object.entries(value).forEach(([event, handler]) => node.addEventListener(event, handler));
    else if (name.startsWith("aria-")) node.setAttribute(name, String(value));
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const SPACE = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };
const TEXT = { xxs: 11, xs: 13, sm: 14, md: 16, lg: 19, xl: 22, xxl: 29, "3xl": 35, "4xl": 48, "5xl": 74 };
const IMAGE = { xxs: 40, xs: 60, sm: 80, md: 100, lg: 120, xl: 140, xxl: 160, "3xl": 180, "4xl": 200, "5xl": 220 };
const BUBBLE = { nano: 120, micro: 160, deca: 220, hecto: 241, kilo: 260, mega: 300, giga: 386 };
const AXIS = { "flex-start": "flex-start", "flex-end": "flex-end", center: "center", start: "flex-start", end: "flex-end",
  "space-between": "space-between", "space-around": "space-around", "space-evenly": "space-evenly" };
const px = (value, table) => (value === undefined ? "" : value in table ? `${table[value]}px` : String(value));
const safe = (address) => (/^(https?:|data:image\/|tel:|line:)/.test(String(address || "")) ? String(address) : "");

function tappable(node, action, act) {
  if (!action) return node;
  node.classList.add("tap");
  node.addEventListener("click", (event) => { event.stopPropagation(); act(action); });
  return node;
}

function linked(text) {
  return String(text ?? "").split(/(https?:\/\/[^\s]+)/).map((part, index) =>
    index % 2 ? el("a", { href: part, target: "_blank", rel: "noopener noreferrer" }, part) : part);
}

// -- Flex ------------------------------------------------------------------------------------------------------

function common(node, part, parent) {
  const style = node.style;
  if (part.margin) style[parent === "vertical" ? "marginTop" : "marginLeft"] = px(part.margin, SPACE);
  const grow = part.flex ?? (parent === "vertical" || part.type === "icon" ? 0 : part.type === "separator" ? 0 : 1);
  style.flex = grow ? `${grow} ${grow} 0` : "0 0 auto";
  if (parent !== "vertical" && grow) style.minWidth = "0";
  if (part.position === "absolute") style.position = "absolute";
  for (const side of ["Top", "Bottom", "Start", "End"]) {
    const css = { Top: "top", Bottom: "bottom", Start: "left", End: "right" }[side];
    if (part[`offset${side}`]) { style[css] = px(part[`offset${side}`], SPACE); style.position ||= "relative"; }
  }
}

const parts = {
  box(part, act) {
    const layout = part.layout || "vertical";
    const node = el("div", { class: `fx rel ${layout === "vertical" ? "v" : layout === "baseline" ? "b" : ""}` });
    const style = node.style;
    if (part.backgroundColor) style.background = part.backgroundColor;
    if (part.background?.type === "linearGradient") {
      const { angle = "180deg", startColor, endColor } = part.background;
      style.background = `linear-gradient(${angle}, ${startColor}, ${endColor})`;
    }
    if (part.cornerRadius) style.borderRadius = px(part.cornerRadius, SPACE);
    if (part.borderWidth) style.border = `${px(part.borderWidth, { light: 1, normal: 1, "semi-bold": 2, medium: 2, bold: 3 })} solid ${part.borderColor || "#d4d6da"}`;
    if (part.paddingAll) style.padding = px(part.paddingAll, SPACE);
    for (const [name, css] of [["Top", "paddingTop"], ["Bottom", "paddingBottom"], ["Start", "paddingLeft"], ["End", "paddingRight"]])
      if (part[`padding${name}`]) style[css] = px(part[`padding${name}`], SPACE);
    if (part.width) style.width = part.width;
    if (part.height) style.height = part.height;
    if (part.cornerRadius) style.overflow = "hidden";
    style.justifyContent = AXIS[part.justifyContent] || "";
    style.alignItems = AXIS[part.alignItems] || (layout === "baseline" ? "baseline" : "");
    (part.contents || []).forEach((child, index) => {
      const drawn = component(child, layout, act);
      if (index && part.spacing && !child.margin)
        drawn.style[layout === "vertical" ? "marginTop" : "marginLeft"] = px(part.spacing, SPACE);
      node.append(drawn);
    });
    return node;
  },
  text(part) {
    const node = el("div", { class: `ft ${part.wrap ? "wrap" : ""}` });
    const style = node.style;
    style.fontSize = px(part.size || "md", TEXT);
    if (part.weight === "bold") style.fontWeight = "700";
    if (part.style === "italic") style.fontStyle = "italic";
    if (part.decoration) style.textDecoration = part.decoration;
    style.color = part.color || "#111";
    style.textAlign = part.align || "start";
    if (part.gravity === "center") style.alignSelf = "center";
    if (part.maxLines) Object.assign(style, { display: "-webkit-box", webkitBoxOrient: "vertical", webkitLineClamp: part.maxLines });
    if (part.contents?.length) {
      for (const span of part.contents) {
        const piece = el("span", {}, String(span.text ?? ""));
        if (span.color) piece.style.color = span.color;
        if (span.weight === "bold") piece.style.fontWeight = "700";
        if (span.size) piece.style.fontSize = px(span.size, TEXT);
        if (span.decoration) piece.style.textDecoration = span.decoration;
        node.append(piece);
      }
    } else node.append(String(part.text ?? ""));
    return node;
  },
  image(part) {
    const [across, down] = String(part.aspectRatio || "1:1").split(":").map(Number);
    const node = el("div", { class: `fi ${part.aspectMode === "cover" ? "cover" : ""}`, role: "img" });
    node.style.width = part.size === "full" ? "100%" : px(part.size || "md", IMAGE);
    node.style.aspectRatio = `${across || 1} / ${down || 1}`;
    node.style.backgroundColor = part.backgroundColor || "#eef1f4";
    const address = safe(part.url);
    if (address) node.style.backgroundImage = `url("${encodeURI(decodeURI(address)).replaceAll('"', "%22")}")`;
    return node;
  },
  icon(part) {
    const node = parts.image(part);
    node.style.width = `${(TEXT[part.size] || 16)}px`;
    node.style.alignSelf = "center";
    return node;
  },
  button(part, act) {
    const kind = part.style || "link";
    const node = el("button", { type: "button", class: `fb ${part.height === "sm" ? "sm" : ""} ${kind}` }, part.action?.label || "");
    if (part.color) node.style[kind === "link" ? "color" : "background"] = part.color;
    node.addEventListener("click", (event) => { event.stopPropagation(); act(part.action); });
    return node;
  },
  separator(part, _act, parent) {
    const node = el("div", { class: "fsep" });
    node.style[parent === "vertical" ? "height" : "width"] = "1px";
    if (part.color) node.style.background = part.color;
    return node;
  },
  video(part) { return parts.image({ ...part, url: part.previewUrl, size: "full" }); },
  filler() { return el("div", { class: "grow" }); },
  spacer(part) { const node = el("div"); node.style.height = px(part.size || "md", SPACE); return node; },
};

function component(part, parent, act) {
  const draw = parts[part.type] || (() => el("small", {}, `[${part.type}]`));
  const node = draw(part, act, parent);
  if (part.type !== "filler") common(node, part, parent);
  return part.type === "button" ? node : tappable(node, part.action, act);
}

function bubble(content, act) {
  const node = el("div", { class: "flex" });
  node.style.width = `${BUBBLE[content.size || "mega"] || 300}px`;
  for (const name of ["header", "hero", "body", "footer"]) {
    if (!content[name]) continue;
    const drawn = component(content[name], "vertical", act);
    const style = content.styles?.[name] || {};
    if (name !== "hero" && !content[name].paddingAll) {
      const room = name === "footer" ? 10 : 20;
      for (const [side, css] of [["Top", "paddingTop"], ["Bottom", "paddingBottom"], ["Start", "paddingLeft"], ["End", "paddingRight"]])
        if (!content[name][`padding${side}`]) drawn.style[css] = `${room}px`;
    }
    if (style.backgroundColor) drawn.style.background = style.backgroundColor;
    if (style.separator) drawn.style.borderTop = `1px solid ${style.separatorColor || "#d4d6da"}`;
    if (name === "body") drawn.classList.add("grow");
    node.append(drawn);
  }
  return tappable(node, content.action, act);
}

// -- templates and the rest -------------------------------------------------------------------------------------

function card(column, act, { picture = true, two = false } = {}) {
  const address = safe(column.thumbnailImageUrl);
  const buttons = (column.actions || []).map((action) => el("button", { type: "button", on: { click: () => act(action) } }, action.label || ""));
  return el("div", { class: "card-tpl" },
    picture && address ? el("img", { src: address, alt: "" }) : null,
    el("div", { class: "in" }, column.title ? el("b", {}, column.title) : null, el("p", {}, column.text || "")),
    el("div", { class: two ? "two" : "" }, ...buttons));
}

function template(message, act) {
  const content = message.template;
  if (content.type === "confirm") return card(content, act, { picture: false, two: true });
  if (content.type === "buttons") return card(content, act);
  if (content.type === "carousel") return el("div", { class: "carousel" }, ...content.columns.map((column) => card(column, act)));
  return el("div", { class: "carousel" }, ...content.columns.map((column) =>
    tappable(el("img", { class: "picture", src: safe(column.imageUrl), alt: column.action?.label || "" }), column.action, act)));
}

const kinds = {
  text: (message) => el("div", { class: "bubble" }, ...linked(message.text)),
  textV2: (message) => el("div", { class: "bubble" }, ...linked(message.text)),
  postback: (message) => el("div", { class: "bubble" }, message.text || "", el("span", { class: "data" }, `postback ${message.data}`)),
  image: (message) => message.originalContentUrl
    ? el("img", { class: "picture", src: safe(message.previewImageUrl || message.originalContentUrl), alt: "圖片 image" })
    : el("div", { class: "bubble" }, "🖼 圖片 image"),
  video: () => el("div", { class: "bubble" }, "🎬 影片 video"),
  audio: (message) => el("div", { class: "bubble" }, `🔊 ${Math.round((message.duration || 0) / 1000)} s`),
  file: () => el("div", { class: "bubble" }, "📎 檔案 file"),
  location: (message) => el("div", { class: "bubble" }, `📍 ${message.title || ""}\n${message.address || ""}`),
  sticker: (message) => el("div", { class: "sticker" }, `貼圖 ${message.packageId}/${message.stickerId}`),
  imagemap: (message) => el("img", { class: "picture", src: safe(`${message.baseUrl}/460`), alt: message.altText }),
  template,
  flex: (message, act) => message.contents.type === "carousel"
    ? el("div", { class: "carousel" }, ...message.contents.contents.map((one) => bubble(one, act)))
    : bubble(message.contents, act),
};

export const isWide = (message) => message.type === "flex" || message.type === "template";

/** The DOM of one message object; `act(action)` is called when the person presses something in it. */
export function drawMessage(message, act) {
  try {
    return (kinds[message.type] || (() => el("div", { class: "bubble" }, message.altText || `[${message.type}]`)))(message, act);
  } catch {
    return el("div", { class: "bubble" }, message.altText || `[${message.type}]`);
  }
}
