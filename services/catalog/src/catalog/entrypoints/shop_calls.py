"""The RPC methods about shops and their people."""

from typing import Any

from catalog.adapters.people import RpcPeople
from catalog.adapters.seller_directory import RpcSellerDirectory
from catalog.application.invitations import Invite
from catalog.application.shops import OpenShop
from catalog.bootstrap import Catalog
from catalog.domain.shop_page import PictureKind
from catalog.entrypoints import commands
from chassis.decode import Payload, Principal, caller, known, new, page, request, there, visitor
from chassis.green import RpcCaller, rpc
from contracts import catalog as contract
from kernel.rights import Role


class ShopCalls:
    """A part of the service class."""

    app: Catalog
    users: RpcCaller

    @rpc
    def create_shop(self, principal: Principal, payload: Payload) -> Any:
        """Contract `CreateShop`."""
        by, asked = caller(principal), request(payload, contract.CreateShop)
        command = OpenShop(by, new(asked.shop_id, "shop_id"), asked.name, asked.kind, asked.address)
        return self.app.shops.open(command, RpcSellerDirectory(self.users))

    @rpc
    def get_shop(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ShopId`."""
        return self.app.shops.get(visitor(principal), there(request(payload, contract.ShopId).shop_id))

    @rpc
    def get_shops(self, principal: Principal, payload: Payload) -> Any:
        """Contract `GetMany`."""
        ids = known(request(payload, contract.GetMany).ids)
        return {"items": self.app.shops.get_many(visitor(principal), ids)}

    @rpc
    def patch_shop(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PatchShop`."""
        asked = request(payload, contract.PatchShop)
        return self.app.shops.change(commands.change_shop(caller(principal), asked))

    @rpc
    def list_my_shops(self, principal: Principal, payload: Payload) -> Any:
        """Contract `Page`."""
        asked = request(payload, contract.Page)
        return self.app.shops.mine(caller(principal), *page(asked.cursor, asked.limit))

    @rpc
    def list_staff(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ShopId`."""
        return self.app.shops.staff(caller(principal), there(request(payload, contract.ShopId).shop_id))

    @rpc
    def put_staff(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PutStaff`."""
        by, asked = caller(principal), request(payload, contract.PutStaff)
        return self.app.shops.put_staff(by, there(asked.shop_id), new(asked.user_id, "user_id"), Role(asked.role))

    @rpc
    def delete_staff(self, principal: Principal, payload: Payload) -> Any:
        """Contract `DeleteStaff`."""
        by, asked = caller(principal), request(payload, contract.DeleteStaff)
        return self.app.shops.delete_staff(by, there(asked.shop_id), there(asked.user_id))

    @rpc
    def invite_staff(self, principal: Principal, payload: Payload) -> Any:
        """Contract `InviteStaff`, answer `Invitation`."""
        by, asked = caller(principal), request(payload, contract.InviteStaff)
        command = Invite(
            by=by,
            invitation_id=new(asked.invitation_id, "invitation_id"),
            shop_id=there(asked.shop_id),
            role=Role(asked.role),
            email=asked.email,
            user_id=new(asked.user_id, "user_id") if asked.user_id is not None else None,
        )
        return self.app.invitations.invite(command, RpcPeople(self.users))

    @rpc
    def list_invitations(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ShopId`, answers `Invitation`s."""
        return self.app.invitations.of_shop(caller(principal), there(request(payload, contract.ShopId).shop_id))

    @rpc
    def revoke_invitation(self, principal: Principal, payload: Payload) -> None:
        """Contract `RevokeInvitation`."""
        by, asked = caller(principal), request(payload, contract.RevokeInvitation)
        self.app.invitations.revoke(by, there(asked.shop_id), there(asked.invitation_id))

    @rpc
    def list_my_invitations(self, principal: Principal, payload: Payload) -> Any:
        """Answers `Invitation`s that wait for the caller."""
        return self.app.invitations.mine(caller(principal), RpcPeople(self.users))

    @rpc
    def accept_invitation(self, principal: Principal, payload: Payload) -> Any:
        """Contract `InvitationId`, answer `Invitation`."""
        by, invitation_id = caller(principal), there(request(payload, contract.InvitationId).invitation_id)
        people, sellers = RpcPeople(self.users), RpcSellerDirectory(self.users)
        return self.app.invitations.accept(by, invitation_id, people, sellers)

    @rpc
    def decline_invitation(self, principal: Principal, payload: Payload) -> Any:
        """Contract `InvitationId`, answer `Invitation`."""
        by, invitation_id = caller(principal), there(request(payload, contract.InvitationId).invitation_id)
        return self.app.invitations.decline(by, invitation_id, RpcPeople(self.users))

    @rpc
    def may_edit_shop(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ShopPicture`, answer `MayEdit`."""
        by, asked = caller(principal), request(payload, contract.ShopPicture)
        return self.app.shops.may_show(by, there(asked.shop_id), PictureKind(asked.kind))

    @rpc
    def put_shop_picture(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PutShopPicture`, from the gateway alone: it has had the picture stored."""
        by, asked = caller(principal), request(payload, contract.PutShopPicture)
        picture = commands.picture(asked.picture)
        return self.app.shops.show(by, there(asked.shop_id), PictureKind(asked.kind), picture)
